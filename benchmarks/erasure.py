"""Erasing one person, enrolled 84 times, from a deployment with many faces in ten collections.

python -m benchmarks.erasure [faces]

The faces are random directions. Galleries are loaded, as in a server at work. What is timed is the
call `beholden:ErasePerson`, through the gate and with its records in the log, in two parts: until
no store finds the person any more, and the proof: sealing anew whoever shared a key with them, and
destroying those keys. Then the same for retention: a sweep that ends a thousand faces at once.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings
from beholden.domain.access import Principal
from beholden.domain.face import Collection, NewFace, Template
from beholden.domain.gallery import GalleryRef, Subject
from beholden.domain.geometry import Box
from beholden.operations._services import Services
from beholden.testing.clock import FakeClock
from beholden.testing.gallery import a_grant
from benchmarks.clocks import once

COLLECTIONS = 10
COPIES = 84
BATCH = 5000
DIMENSIONS = 128


class Timed:
    """A part of the services, and how long its `renew` took."""

    def __init__(self, retention):
        self._retention = retention
        self.seconds = self.cpu_seconds = 0.0

    def __getattr__(self, name):
        return getattr(self._retention, name)

    def renew(self, *args):
        start, cpu = time.perf_counter(), time.process_time()
        try:
            return self._retention.renew(*args)
        finally:
            self.seconds += time.perf_counter() - start
            self.cpu_seconds += time.process_time() - cpu


@contextmanager
def timed(what: str) -> Iterator[None]:
    start, cpu = time.perf_counter(), time.process_time()
    yield
    show(what, time.perf_counter() - start, time.process_time() - cpu)


def show(what: str, seconds: float, cpu_seconds: float) -> None:
    print(f"{what:<58}{once(seconds):>9} s {once(cpu_seconds):>9} s CPU", flush=True)


def faces(random, services: Services, first: int, count: int, names: dict[int, str], purpose: str):
    vectors = random.normal(size=(count, DIMENSIONS))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    return [
        NewFace(
            f"{no:036d}",
            f"{no:036d}",
            names.get(no, f"person-{no}"),
            no.to_bytes(32, "big"),
            Box(0.1, 0.1, 0.2, 0.3),
            0.9,
            Template(vector, services.model_version, 0.5),
            purpose=purpose,
        )
        for no, vector in zip(range(first, first + count), vectors, strict=True)
    ]


def fill(services: Services, total: int) -> list[Collection]:
    random = np.random.default_rng(0)
    ann = dict.fromkeys(random.choice(total, COPIES, replace=False).tolist(), "ann")
    collections = []
    for at in range(COLLECTIONS):
        name = f"gallery-{at}"
        arn = f"arn:{name}"
        made = services.collections.create(name, arn, services.model_version, {}, "door")
        collections.append(made)
        each = total // COLLECTIONS
        for first in range(at * each, (at + 1) * each, BATCH):
            count = min(BATCH, (at + 1) * each - first)
            services.faces.add(made, faces(random, services, first, count, ann, "door"), 10**9)
    short = faces(random, services, total, 1000, {}, "visit")
    services.faces.add(collections[0], short, 10**9)
    return collections


def search(services: Services, collections: list[Collection]) -> None:
    probe = np.eye(1, DIMENSIONS, dtype=np.float32)
    for one in collections:
        services.gallery.search(a_grant(), GalleryRef(one.no, Subject.FACE), probe, 10, -1.0)


def measure(folder: Path, total: int) -> None:
    clock = FakeClock()
    deployment = open_deployment(Settings(data_dir=folder), clock)
    gate = deployment.gate
    proofs = Timed(gate.services.retention)
    services = replace(gate.services, retention=proofs)
    gate = replace(gate, services=services)
    key, _ = deployment.keys.create("eve", "admin", "rules")
    admin = Principal("eve", "admin", "rules", key.key_id)
    with timed(f"enrol {total} faces"):
        collections = fill(services, total)
    with timed("load the galleries"):
        search(services, collections)
    whom = {"ExternalImageIds": ["ann"]}
    with timed(f"dry run: {COPIES} faces in {COLLECTIONS} collections"):
        gate.call(admin, "beholden:ErasePerson", whom)
    start, cpu = time.perf_counter(), time.process_time()
    told = gate.call(admin, "beholden:ErasePerson", whom | {"DryRun": False})
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    proof, proof_cpu, keys = proofs.seconds, proofs.cpu_seconds, told["DestroyedKeys"]
    show("erase: until no store finds them", took - proof, cpu - proof_cpu)
    show(f"       proof: {keys} keys destroyed", proof, proof_cpu)
    with timed("the next search in each collection"):
        search(services, collections)
    terms = {"Name": "visit", "Basis": "visit", "RetentionDays": 1}
    gate.call(admin, "beholden:PutPurpose", terms)
    clock.advance(timedelta(days=1))
    with timed("sweep: 1000 faces whose term is over"):
        gate.call(admin, "beholden:SweepRetention", {})
    with timed("ask every sweep whether it is due, nothing is"):
        deployment.sweeper.run()
    deployment.close()


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as made:
        measure(Path(made) / "data", size)
