"""How fast records enrol, page and feed a gallery, on SQLite and the file vault.

python benchmarks/records.py [faces] [dimensions]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from beholden.domain.face import Collection, NewFace, Template
from beholden.domain.gallery import GalleryRef, Subject
from beholden.domain.geometry import Box
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.vault.local import LocalVault
from beholden.testing.clock import FakeClock
from benchmarks.clocks import medians, once, spent

DETAILS = {
    "landmarks": {name: [123.25, 234.5] for name in ("eyeLeft", "eyeRight", "nose", "ml", "mr")},
    "pose": {"roll": 1.5, "yaw": -2.25, "pitch": 3.125},
    "quality": {"brightness": 55.5, "sharpness": 66.25},
}


@contextmanager
def timed(what: str, count: int) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    each = f"{once(wall):>9} s wall {once(cpu):>9} s CPU"
    print(f"{what:<34}{each} {once(count / wall):>12} /s wall")


def median_ms(what: str, call: Callable[[], object], times: int = 50) -> None:
    print(f"{what:<34} {medians([spent(call) for _ in range(times)])}, median of {times}")


def faces(first: int, vectors: np.ndarray) -> list[NewFace]:
    return [
        NewFace(
            f"{first + at:036d}",
            f"{first + at:036d}",
            None,
            (first + at).to_bytes(32, "big"),
            Box(0.1, 0.1, 0.2, 0.3),
            0.9,
            Template(vector, "m1", 0.5),
            DETAILS,
        )
        for at, vector in enumerate(vectors)
    ]


def follow(records: SqlRecords, collection: Collection) -> None:
    seq, more = 0, True
    while more:
        changes = records.changes.changes(GalleryRef(collection.no, Subject.FACE), seq)
        seq, more = changes.seq, changes.more


def measure(folder: Path, count: int, dimensions: int) -> None:
    vault = LocalVault(folder / "vault")
    with timed("start, empty folder", 1):
        records = SqlRecords(sqlite_url(folder / "records.db"), vault, FakeClock())
    collection = records.collections.create("bench", "arn:bench", "m1", {})
    random = np.random.default_rng(0)
    with timed(f"enrol {count} in batches", count):
        for first in range(0, count, 5000):
            vectors = random.normal(size=(min(5000, count - first), dimensions))
            records.faces.add(collection, faces(first, vectors.astype(np.float16)), 10**9)
    print(f"bytes per face {once((folder / 'records.db').stat().st_size / count)}")
    with timed(f"feed a gallery with {count}", count):
        follow(records, collection)
    one = iter(range(count, 2 * count))
    vector = random.normal(size=(1, dimensions)).astype(np.float16)
    median_ms("enrol one", lambda: records.faces.add(collection, faces(next(one), vector), 10**9))
    ref = GalleryRef(collection.no, Subject.FACE)
    median_ms("poll the feed, nothing new", lambda: records.changes.changes(ref, 10**9))
    median_ms("get a collection", lambda: records.collections.get("bench"))
    median_ms(
        "list 1000 faces from the middle",
        lambda: records.faces.list(collection, count // 2, 1000),
        10,
    )
    nos = list(range(1, count, max(1, count // 100)))[:100]
    median_ms("100 faces by number", lambda: records.faces.by_no(collection, nos))
    with timed("delete 1000 faces", 1000):
        records.faces.delete(collection, [f"{at:036d}" for at in range(1000)])
    with timed("delete the collection", count):
        records.collections.delete("bench")
    with timed("purge the rest of it", count):
        records.sweep()
    records.close()


if __name__ == "__main__":
    size, width, *_ = [*map(int, sys.argv[1:]), *(1_000_000, 128)[len(sys.argv) - 1 :]]
    with tempfile.TemporaryDirectory() as made:
        measure(Path(made), size, width)
