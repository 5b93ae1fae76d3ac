"""The whole server beside the library it runs: ready time, memory, overhead, accuracy through HTTP.

    python -m benchmarks.service [--lfw ../shared/data/lfw] [--rounds 5] [--pairs 1800]

Four clients send signed DetectFaces requests over kept connections, made before the clock starts;
the library does the same work (decode, detect, describe) in four threads of this process. Both take
turns. Accuracy: CompareFaces at threshold 0 on the pairs of LFW, threshold from the other folds.
"""

from __future__ import annotations

import argparse
import configparser
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from beholden.analysis.image import ImageDecoder
from beholden.bootstrap.models import Models
from beholden.config import Settings
from benchmarks.lfw import MAX_BYTES, _accuracy, _best, folds, images

ROOT = Path(__file__).parents[1]
CLIENTS = 4


class Server:
    """`beholden serve` on a fresh deployment."""

    def __init__(self, data_dir: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "beholden", "serve"]
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [*command, "--data-dir", data_dir, "--port", str(self.port)], stdout=subprocess.DEVNULL
        )
        while not self._ready():
            time.sleep(0.02)
        self.ready_s = time.perf_counter() - started
        parser = configparser.ConfigParser()
        parser.read(data_dir / "credentials")
        key = parser["default"]
        self._signer = SigV4Auth(
            Credentials(key["aws_access_key_id"], key["aws_secret_access_key"]),
            "rekognition",
            "us-east-1",
        )

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz") as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def memory_mb(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def signed(self, operation: str, body: dict[str, object]) -> tuple[bytes, dict[str, str]]:
        data = json.dumps(body).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"RekognitionService.{operation}",
        }
        request = AWSRequest("POST", f"http://127.0.0.1:{self.port}/", headers, data)
        self._signer.add_auth(request)
        return data, dict(request.headers)

    def send(self, requests: list[tuple[bytes, dict[str, str]]]) -> list[dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        answers = []
        for data, headers in requests:
            connection.request("POST", "/", data, headers)
            answers.append(json.loads(connection.getresponse().read()))
        connection.close()
        return answers


def image(path: Path) -> dict[str, str]:
    return {"Bytes": b64encode(path.read_bytes()).decode()}


def timed(work: Callable[[list[object]], object], items: list[object]) -> float:
    """Items a second, spread over the clients."""
    shares = [items[n::CLIENTS] for n in range(CLIENTS)]
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, shares))
    return len(items) / (time.perf_counter() - started)


def overhead(server: Server, paths: list[Path], rounds: int) -> dict[str, float]:
    models, decoder = Models(Settings()), ImageDecoder()
    analysis, describer = models.analysis(), models.describer()

    def library(share: list[object]) -> None:
        for data in share:
            picture = decoder.decode(data, max_bytes=MAX_BYTES)
            describer.describe(picture, analysis.detect(picture), frozenset())

    files = [path.read_bytes() for path in paths]
    library(files[:8])
    rates: dict[str, list[float]] = {"library": [], "server": []}
    for _ in range(rounds):
        rates["library"].append(timed(library, files))
        requests = [server.signed("DetectFaces", {"Image": image(path)}) for path in paths]
        rates["server"].append(timed(server.send, requests))
    return {name: median(values) for name, values in rates.items()}


def accuracy(server: Server, lfw: Path, limit: int) -> float:
    paths = {path.stem: path for path in images(lfw)}
    scored = []
    for fold in folds(lfw):
        chosen = fold[:: max(1, 600 // max(1, limit // 3))]
        bodies = [
            {
                "SourceImage": image(paths[a]),
                "TargetImage": image(paths[b]),
                "SimilarityThreshold": 0,
            }
            for a, b, _ in chosen
        ]
        shares = [bodies[n::CLIENTS] for n in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            asked = ([server.signed("CompareFaces", body) for body in share] for share in shares)
            answers = list(pool.map(server.send, asked))
        values = np.zeros(len(bodies))
        for n, share in enumerate(answers):
            values[n::CLIENTS] = [
                answer["FaceMatches"][0]["Similarity"] if answer.get("FaceMatches") else 0.0
                for answer in share
            ]
        scored.append((values, np.array([mated for *_, mated in chosen])))
    tests = [_accuracy(*s, _best(scored[:k] + scored[k + 1 :])) for k, s in enumerate(scored)]
    return float(np.mean(tests))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lfw", type=Path, default=ROOT.parent / "shared/data/lfw")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument("--pairs", type=int, default=1800)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        try:
            print(f"ready after {server.ready_s:.2f} s, {server.memory_mb():.0f} MB")
            found = overhead(server, images(options.lfw)[: options.images], options.rounds)
            loss = 1 - found["server"] / found["library"]
            print(f"DetectFaces, {CLIENTS} clients, {os.cpu_count()} cores, per second: {found}")
            print(f"the server costs {loss:.1%} of the library's throughput")
            print(f"memory after that: {server.memory_mb():.0f} MB")
            if options.pairs:
                share = accuracy(server, options.lfw, options.pairs)
                print(f"LFW through CompareFaces: {share:.4f}")
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    main()
