"""What gate and log take from SearchFacesByImage: `python -m benchmarks.gate_cost [--clients 8]`.

One deployment, one collection, one picture with a face. Clients are threads of this process. They
call the operation through the gate (policy, facts, restrictions, two durable records), and then,
for comparison, the same function with the same services and nothing around it. Both take turns;
told are the medians of the rounds, and that of the quotient of neighbours. Processor time per call
tells more where other processes share the machine; it leaves out waiting for the disk. The calling
thread's own, outside of the operation, is disturbed the least.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

from PIL import Image
from skimage.data import astronaut

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings
from beholden.domain.access import Principal
from beholden.gate.call import Call
from beholden.gate.gate import Gate
from beholden.testing.gallery import a_grant

OPERATION = "SearchFacesByImage"


def portrait(pixels: int) -> bytes:
    data = io.BytesIO()
    Image.fromarray(astronaut()).resize((pixels, pixels)).save(data, "JPEG")
    return data.getvalue()


def rate(call: Callable[[], object], clients: int, seconds: float) -> tuple[float, float]:
    """Calls a second of so many clients, and processor time per call in ms."""
    used = time.process_time()
    until = time.perf_counter() + seconds

    def client() -> int:
        done = 0
        while time.perf_counter() < until:
            call()
            done += 1
        return done

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        done = sum(pool.map(lambda _: client(), range(clients)))
    used = time.process_time() - used
    return done / (time.perf_counter() - started), used / done * 1e3


class Around:
    """The gate, with the processor time (ms) that each calling thread spends in it and in the log,
    but not in the operation."""

    def __init__(self, gate: Gate) -> None:
        operation = gate.registry[OPERATION]
        self._run = operation.run
        timed = {OPERATION: replace(operation, run=self._timed)}
        self._gate = replace(gate, registry={**gate.registry, **timed})
        self._inside = threading.local()
        self.spent: list[float] = []

    def call(self, who: Principal, request: dict[str, object]) -> None:
        started = time.thread_time()
        assert self._gate.call(who, OPERATION, request)["FaceMatches"]
        self.spent.append((time.thread_time() - started - self._inside.spent) * 1e3)

    def _timed(self, *arguments: object) -> object:
        started = time.thread_time()
        answer = self._run(*arguments)
        self._inside.spent = time.thread_time() - started
        return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--pixels", type=int, default=512, help="width of the picture")
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        deployment = open_deployment(Settings(data_dir=Path(folder)))
        gate = deployment.gate
        key = deployment.keys.create("bench", "admin", "development")[0]
        who = Principal(key.holder, key.role, key.purpose, key.key_id)
        request = {"CollectionId": "bench", "Image": {"Bytes": portrait(options.pixels)}}
        gate.call(who, "CreateCollection", {"CollectionId": "bench"})
        gate.call(who, "IndexFaces", request)
        run, around = gate.registry[OPERATION].run, Around(gate)

        def gated() -> None:
            around.call(who, request)

        def bare() -> None:
            assert run(gate.services, Call("bench", a_grant()), request)["FaceMatches"]

        rounds = []
        for _ in range(options.rounds):
            rounds.append([rate(act, options.clients, options.seconds) for act in (gated, bare)])
        deployment.close()
    report(options.clients, rounds)
    print(f"of it in the calling thread, outside of the operation: {median(around.spent):.2f} ms")


def report(clients: int, rounds: list[list[tuple[float, float]]]) -> None:
    """`rounds` holds (through the gate, without), each (calls a second, processor ms a call)."""
    for name, found in zip(("through the gate", "without"), zip(*rounds, strict=True), strict=True):
        speed, used = (median(values) for values in zip(*found, strict=True))
        print(f"{OPERATION}, {clients} clients, {name:17} {speed:8.1f} /s, {used:6.1f} ms cpu")
    cost = [1 - gated[0] / bare[0] for gated, bare in rounds]
    cpu = [gated[1] / bare[1] - 1 for gated, bare in rounds]
    print(
        f"gate and log cost {median(cost):.1%} of the throughput", sorted(round(c, 3) for c in cost)
    )
    print(f"and {median(cpu):.1%} more processor time", sorted(round(c, 3) for c in cpu))


if __name__ == "__main__":
    main()
