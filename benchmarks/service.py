"""The whole server beside the library it runs: ready time, memory, overhead, accuracy through HTTP.

    python -m benchmarks.service [--lfw ../shared/data/lfw] [--rounds 5] [--pairs 600]

Four clients, then eight, send signed requests over kept connections, made before the clock starts;
the library does the same work in as many threads of this process: decode, detect, describe for
DetectFaces; decode, detect, embed and search the same gallery for SearchFacesByImage. What the
server adds is HTTP, signature, validation, gate, log and answer. Both take turns; medians of the
rounds, and in brackets the least and the most.

"rate kept" is the server's requests a second in parts of the library's: the goal is 85% with four
clients and 90% with eight. The clients' processor time comes off the same processors, and so off
that rate. "CPU kept" is the library's processor time for an item in parts of the server's: what the
rate would keep were the clients elsewhere and nobody waiting. "busy" is how much of the processors
was used, the clients' part with it: the rest is waiting, or another program's. Accuracy:
CompareFaces at threshold 0 on pairs of LFW, threshold from the other folds.
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
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from beholden.analysis.image import ImageDecoder
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.arrays import Float32
from beholden.testing.gallery import a_grant
from benchmarks.gallery import FACES, Bench
from benchmarks.lfw import MAX_BYTES, _accuracy, _best, folds, images

ROOT = Path(__file__).parents[1]
CLIENTS = (4, 8)
MAX_FACES, LOWEST = 80, 0.42
TICKS = os.sysconf("SC_CLK_TCK")


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

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

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
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise RuntimeError(f"{response.status}: {answer.decode()}")
            answers.append(json.loads(answer))
        connection.close()
        return answers


def image(path: Path) -> dict[str, str]:
    return {"Bytes": b64encode(path.read_bytes()).decode()}


@dataclass
class Side:
    """Library or server: how it works, for how many at once, the processor time it has used, and
    what the rounds found: items a second, ms of the processor for each, and those of this process,
    where the clients are."""

    clients: int
    work: Callable[[list[Any]], object]
    used_s: Callable[[], float]
    rounds: list[tuple[float, float, float]] = field(default_factory=list)

    def round(self, items: list[Any]) -> None:
        shares = [items[n :: self.clients] for n in range(self.clients)]
        used, own, started = self.used_s(), time.process_time(), time.perf_counter()
        with ThreadPoolExecutor(self.clients) as pool:
            list(pool.map(self.work, shares))
        rate = len(items) / (time.perf_counter() - started)
        spent = self.used_s() - used, time.process_time() - own
        self.rounds.append((rate, *(1e3 * seconds / len(items) for seconds in spent)))

    def busy(self, *, with_clients: bool) -> float:
        """Share of the processors' time that was used."""
        cores = len(os.sched_getaffinity(0))
        return median(
            rate * (used + (own if with_clients else 0)) / 1e3 / cores
            for rate, used, own in self.rounds
        )

    def __str__(self) -> str:
        rates, used, _ = zip(*self.rounds, strict=True)
        return f"{median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f}) | {median(used):.1f}"


class Library:
    """The same work without a server around it."""

    def __init__(self, folder: Path, files: list[bytes]) -> None:
        models, self._decoder = Models(Settings()), ImageDecoder()
        self._analysis, self._describer = models.analysis(), models.describer()
        templates = np.concatenate([self._embedded(data) for data in files])
        self._bench = Bench(folder, templates.astype(np.float16))
        self._gallery = self._bench.opened()
        self.close = self._gallery.close

    def detect_faces(self, share: list[bytes]) -> None:
        for data in share:
            picture = self._decoder.decode(data, max_bytes=MAX_BYTES)
            self._describer.describe(picture, self._analysis.detect(picture), frozenset())

    def search_faces(self, share: list[bytes]) -> None:
        for data in share:
            self._gallery.search(a_grant(), FACES, self._embedded(data), MAX_FACES, LOWEST)

    def _embedded(self, data: bytes) -> Float32:
        picture = self._decoder.decode(data, max_bytes=MAX_BYTES)
        return self._analysis.embed(picture, self._analysis.detect(picture)[:1])[0]


HEADS = (
    *("library, /s", "its CPU, ms", "busy"),
    *("server, /s", "its CPU, ms", "clients' CPU, ms", "busy"),
    *("rate kept", "CPU kept"),
)


def throughput(server: Server, folder: Path, paths: list[Path], rounds: int) -> None:
    """A line for each operation and number of clients."""
    files, images = [path.read_bytes() for path in paths], [image(path) for path in paths]
    library = Library(folder, files)
    where = {"CollectionId": "bench"}
    server.send([server.signed("CreateCollection", where)])
    server.send([server.signed("IndexFaces", where | {"Image": one}) for one in images])
    works = {
        "DetectFaces": (library.detect_faces, {}),
        "SearchFacesByImage": (library.search_faces, where),
    }
    print(f"{len(os.sched_getaffinity(0))} processors; CPU is for one item\n")
    print(f"| | clients | {' | '.join(HEADS)} |\n|---|{'---:|' * (len(HEADS) + 1)}")
    for clients, (operation, (work, request)) in product(CLIENTS, works.items()):
        ours = Side(clients, work, time.process_time)
        served = Side(clients, server.send, server.cpu_s)
        work(files[:clients])
        for _ in range(rounds):
            ours.round(files)
            asked = [server.signed(operation, request | {"Image": one}) for one in images]
            served.round(asked)
        print(f"| {operation} | {clients} | {beside(ours, served)} |", flush=True)
    library.close()


def beside(ours: Side, served: Side) -> str:
    """The columns of HEADS."""
    pairs = list(zip(ours.rounds, served.rounds, strict=True))
    rate = median(server[0] / library[0] for library, server in pairs)
    used = median(library[1] / server[1] for library, server in pairs)
    clients = median(own for *_, own in served.rounds)
    library = f"{ours} | {ours.busy(with_clients=False):.0%}"
    server = f"{served} | {clients:.1f} | {served.busy(with_clients=True):.0%}"
    return f"{library} | {server} | {rate:.0%} | {used:.0%}"


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
        clients = max(CLIENTS)
        shares = [bodies[n::clients] for n in range(clients)]
        with ThreadPoolExecutor(clients) as pool:
            asked = ([server.signed("CompareFaces", body) for body in share] for share in shares)
            answers = list(pool.map(server.send, asked))
        values = np.zeros(len(bodies))
        for n, share in enumerate(answers):
            values[n::clients] = [
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
    parser.add_argument("--pairs", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder / "data")
        try:
            print(f"ready after {server.ready_s:.2f} s, {server.memory_mb():.0f} MB\n")
            paths = images(options.lfw)[: options.images]
            throughput(server, folder / "library", paths, options.rounds)
            print(f"\nmemory after that: {server.memory_mb():.0f} MB")
            if options.pairs:
                share = accuracy(server, options.lfw, options.pairs)
                print(f"LFW through CompareFaces, {options.pairs} pairs: {share:.4f}")
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    main()
