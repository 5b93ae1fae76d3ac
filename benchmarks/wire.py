"""The wire's own cost: a no-op operation through Beholden and through moto's server.

    python -m benchmarks.wire [--moto .bench-venv/bin/python] [--rounds 9]

It also times the refusal of wrong signatures and of keys that are unknown or disabled, which must
not tell one from another.

Each server has one core of its own, the clients the others. The servers take turns, round by
round, so that a busy machine is busy for both. Requests are signed beforehand; Beholden verifies
every signature and validates every request, moto does neither. Moto's server closes the connection
after each answer, and that is part of its figure.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from beholden.domain.access import Principal
from beholden.domain.errors import AuthenticationError
from beholden.domain.key import AccessKey
from beholden.wire.app import create_app
from beholden.wire.model import operations
from beholden.wire.sigv4 import HttpRequest, Verifier
from benchmarks.peers import install

NOW = datetime.now(UTC)
KEY = AccessKey("AKIABENCHMARK0000001", "bench", "operator", "benchmark", NOW, None)
DISABLED = AccessKey("AKIADISABLED00000001", "bench", "operator", "benchmark", NOW, NOW)
SECRET = "b" * 40
CLIENTS = 4
VIDEO = {"Video": {"S3Object": {"Bucket": "bucket", "Name": "n"}}, "CollectionId": "c"}
WORKLOADS = {
    "StartFaceSearch, 80 bytes": ("StartFaceSearch", VIDEO, 1000),
    "DetectLabels, an image of 100 kB": (
        *("DetectLabels", {"Image": {"Bytes": b64encode(os.urandom(100_000)).decode()}}),
        300,
    ),
}


class NoOp:
    """A gate that does nothing."""

    def call(self, _by: Principal, operation: str, _request: Mapping[str, Any]) -> dict[str, Any]:
        return {"JobId": "0" * 64} if operation == "StartFaceSearch" else {"Labels": []}


class TwoKeys:
    def find(self, key_id: str) -> tuple[AccessKey, str] | None:
        keys = {key.key_id: (key, SECRET) for key in (KEY, DISABLED)}
        return keys.get(key_id)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Signed:
    headers: Mapping[str, str]
    body: bytes


def signed(
    port: int,
    operation: str,
    request: Mapping[str, Any],
    *,
    key_id: str = KEY.key_id,
    secret: str = SECRET,
) -> Signed:
    unsigned = AWSRequest(
        "POST",
        f"http://127.0.0.1:{port}/",
        headers={
            "X-Amz-Target": f"RekognitionService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        },
        data=json.dumps(request).encode(),
    )
    SigV4Auth(Credentials(key_id, secret), "rekognition", "us-east-1").add_auth(unsigned)
    return Signed(dict(unsigned.headers.items()), unsigned.data)


def requests_per_second(port: int, request: Signed, count: int) -> float:
    """`CLIENTS` at once, each on a connection that it keeps as long as the server does."""

    def client(_number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(count // CLIENTS):
            connection.request("POST", "/", request.body, dict(request.headers))
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 200, answer
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as clients:
        start = time.perf_counter()
        list(clients.map(client, range(CLIENTS)))
        return count / (time.perf_counter() - start)


@contextmanager
def server(command: Sequence[str], port: int, core: int) -> Iterator[int]:
    """Run a server on one core until the block ends; yields its port."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # the server inherits it
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.sched_setaffinity(0, ours)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def serve(port: int) -> None:
    app = create_app(NoOp(), TwoKeys(), SystemClock(), offered=operations())
    uvicorn.run(app, port=port, log_level="warning", access_log=False)


def measure(ports: Mapping[str, int], rounds: int) -> None:
    print(f"| requests per second, {CLIENTS} clients, one core | {' | '.join(ports)} | ratio |")
    print("|---|" + "---:|" * (len(ports) + 1))
    for title, (operation, request, count) in WORKLOADS.items():
        prepared = {name: signed(port, operation, request) for name, port in ports.items()}
        figures: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                figures[name].append(requests_per_second(port, prepared[name], count))
        rates = [median(figure) for figure in figures.values()]
        shown = " | ".join(f"{rate:,.0f}" for rate in rates)
        print(f"| {title} | {shown} | {rates[0] / rates[-1]:.1f} |")


def refusal_us(rounds: int) -> None:
    """How long each kind of refusal takes to verify, taking turns."""
    verifier = Verifier(TwoKeys().find, SystemClock())
    asked = {
        "wrong secret": signed(8600, "ListFaces", {}, secret="w" * 40),
        "unknown key": signed(8600, "ListFaces", {}, key_id="AKIAUNKNOWN000000001"),
        "disabled key": signed(8600, "ListFaces", {}, key_id=DISABLED.key_id),
    }
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds * 1000):
        for name, one in asked.items():
            headers = {name.lower(): value for name, value in one.headers.items()}
            request = HttpRequest("POST", "/", "", headers | {"host": "127.0.0.1:8600"}, one.body)
            start = time.perf_counter()
            with suppress(AuthenticationError):
                verifier.verify(request)
            taken[name].append((time.perf_counter() - start) * 1e6)
    print("\n| refused for | median, µs |\n|---|---:|")
    for name, times in taken.items():
        print(f"| {name} | {median(times):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--moto", type=Path, default=Path(".bench-venv/bin/python"))
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    if reason := install(("moto[server]",)):
        parser.exit(1, f"moto is not there: {reason}\n")
    core, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(others))
    ours, motos = free_port(), free_port()
    commands = {
        "Beholden": ([sys.executable, "-m", "benchmarks.wire", "--serve", str(ours)], ours),
        "moto": ([str(options.moto), "-m", "moto.server", "-p", str(motos)], motos),
    }
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(server(command, port, core))
            for name, (command, port) in commands.items()
        }
        measure(ports, options.rounds)
    refusal_us(options.rounds)


if __name__ == "__main__":
    main()
