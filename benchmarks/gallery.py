"""Exact search, side by side with bare FAISS.

    python -m benchmarks.gallery [--rows 1000000] [--only PART ...]

The vectors are synthetic and behave like face embeddings in what matters here: a common mean and a
decaying covariance, so that strangers resemble each other and scores crowd together; probes are
noisy views of enrolled subjects. `--like FILE.npy` fits mean and covariance to embeddings of shape
(n, d) instead. Templates are float16, as records store them. One thread unless the row says so.
Limits are the templates over what the core reads, or their products over what it multiplies
(benchmarks/limits.py), in the same rounds.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

if __name__ == "__main__":  # and not for a server that another benchmark starts
    os.environ["OPENBLAS_NUM_THREADS"] = "1"

import faiss
import numpy as np

from beholden.domain.gallery import Changes, GalleryRef, Subject
from beholden.engines.gallery.embedded import EmbeddedGallery
from beholden.engines.gallery.held import HeldGallery
from beholden.engines.gallery.memory import release_freed_memory
from beholden.engines.gallery.scan import Fp16Scan
from beholden.engines.gallery.snapshot import Snapshots
from beholden.engines.vault.local import LocalVault
from beholden.testing.gallery import a_grant
from benchmarks.clocks import in_turns, once, ranged, spent
from benchmarks.limits import Peaks
from benchmarks.limits import bare as bare_works

DIM = 128
FACES = GalleryRef(1, Subject.FACE)
FEED_BATCH = 8192
MATED_NOISE = 0.9
ROUNDS, BATCH_ROUNDS, CLIENT_ROUNDS = 15, 5, 5
ONE, MANY = "10 of 1 probe", "10 of 100 probes"
CLOCKS = ("wall", "CPU")
PARTS = ("start_up", "shrinking", "changes", "speed", "clients")
CHANGES = 300
CHURN = 3000
BARE = "bare FAISS fp16"


class ArrayFeed:
    """Changes 1..n come from an array of templates; later ones are put or dropped one by one, and
    those `purged` last, all at once."""

    def __init__(self, templates: np.ndarray) -> None:
        self.templates = templates
        self.later: list[tuple[int, np.ndarray | None]] = []
        self.purged = np.empty(0, np.int64)

    def changes(self, ref: GalleryRef, after_seq: int) -> Changes:
        if ref != FACES:
            raise KeyError(ref)
        rows, reached = len(self.templates), len(self.templates) + len(self.later)
        none = np.empty(0, np.int64)
        if after_seq < rows:
            end = min(after_seq + FEED_BATCH, rows)
            nos = np.arange(after_seq + 1, end + 1, dtype=np.int64)
            return Changes(nos, self.templates[after_seq:end], none, end, end < reached)
        if after_seq >= reached and len(self.purged):
            return Changes(none, self.templates[:0], self.purged, reached + 1, False)
        new = dict(self.later[after_seq - rows :])
        put = {no: vector for no, vector in new.items() if vector is not None}
        vectors = np.array(list(put.values()), np.float16).reshape(len(put), DIM if put else 0)
        dropped = np.array([no for no in new if no not in put], np.int64)
        return Changes(np.array(list(put), np.int64), vectors, dropped, reached, False)


def like_faces(rows: int, seed: int, like: Path | None) -> Iterator[np.ndarray]:
    """Unit vectors (m, DIM) float32, in portions."""
    rng = np.random.default_rng(seed)
    if like is None:
        mean = np.random.default_rng(0).standard_normal(DIM)
        mean *= 0.3 / np.linalg.norm(mean)
        spread = np.diag(np.arange(1, DIM + 1) ** -0.35)
        spread /= np.linalg.norm(spread)
    else:
        known = np.load(like).astype(np.float64)
        mean, spread = known.mean(0), np.linalg.cholesky(np.cov(known.T) + 1e-9 * np.eye(DIM)).T
    for start in range(0, rows, 50_000):
        shape = (min(50_000, rows - start), DIM)
        yield units(mean + rng.standard_normal(shape, np.float32) @ spread.astype(np.float32))


def units(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def stored(folder: Path, rows: int, like: Path | None) -> np.ndarray:
    """Templates on disk, so that the benchmark's own copy is not counted as memory."""
    templates = np.lib.format.open_memmap(folder / "t.npy", "w+", np.float16, (rows, DIM))
    start = 0
    for part in like_faces(rows, 1, like):
        templates[start : start + len(part)] = part
        start += len(part)
    templates.flush()
    return np.load(folder / "t.npy", mmap_mode="r")


def probes_of(templates: np.ndarray, count: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    own = templates[rng.choice(len(templates), count, replace=False)].astype(np.float32)
    noise = units(rng.standard_normal(own.shape))
    return units(own + MATED_NOISE * noise)


def anonymous_bytes() -> int:
    """Memory of this process that no file backs (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no RssAnon in /proc/self/status")


@contextmanager
def memory(into: dict[str, str], name: str, vector_bytes: int) -> Iterator[None]:
    """Growth and peak growth of memory, as multiples of the vectors' bytes."""
    before, peak, done = anonymous_bytes(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            peak[0] = max(peak[0], anonymous_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    done.set()
    watcher.join()
    after = anonymous_bytes()
    into[f"{name}: memory / vectors"] = once((after - before) / vector_bytes)
    into[f"{name}: peak memory / vectors"] = once((max(peak[0], after) - before) / vector_bytes)


class Bench:
    def __init__(self, folder: Path, templates: np.ndarray) -> None:
        self.templates = templates
        self.vault = LocalVault(folder / "keys")
        self.vault.create("collections/1")
        self.snapshots = Snapshots(folder / "gallery", self.vault, "collections/{}".format)
        self.probes = probes_of(templates, 100)
        self.figures: dict[str, str] = {}

    def opened(self, threads: int = 1) -> EmbeddedGallery:
        feed, whole = ArrayFeed(self.templates), len(self.templates) + 1
        memory_bytes = 1 << 40
        return EmbeddedGallery(
            feed, self.snapshots, memory_bytes=memory_bytes, threads=threads, snapshot_rows=whole
        )

    def search(self, gallery: EmbeddedGallery, count: int = 1, limit: int = 10, low: float = -1.0):
        return gallery.search(a_grant(), FACES, self.probes[:count], limit, low)

    def start_up(self) -> None:
        size = self.templates.nbytes
        gallery = self.opened()
        with memory(self.figures, "rebuilt", size):
            taken = spent(lambda: self.search(gallery))
        self.figures["first search, rebuilt from an array feed, CPU s"] = once(taken[1])
        self.figures["close with snapshot, CPU s"] = once(spent(gallery.close)[1])
        gallery = self.opened()
        with memory(self.figures, "from snapshot", size):
            taken = spent(lambda: self.search(gallery))
        self.figures["first search, from snapshot, CPU s"] = once(taken[1])
        gallery.close()

    def shrinking(self) -> None:
        """Memory after many single changes, and after nine in ten were deleted."""
        feed, rows = ArrayFeed(self.templates), len(self.templates)
        gallery = EmbeddedGallery(feed, self.snapshots, memory_bytes=1 << 40)
        purged = np.flatnonzero(np.arange(1 + rows + CHURN) % 10)
        before = anonymous_bytes()
        self.search(gallery)
        for turn in range(CHURN):
            no = 1 + turn * 7919 % rows
            feed.later += [(no, self.templates[turn]), (rows + 1 + turn, self.templates[turn])]
            self.search(gallery, limit=0)  # follows, scans nothing
        self._note("after single changes", before, rows + CHURN)
        feed.purged = purged
        self.search(gallery)
        release_freed_memory()  # as the gallery does in the background
        self._note("after 9 in 10 deleted", before, rows + CHURN - len(purged))
        gallery.forget(FACES.collection_no)
        gallery.close()

    def _note(self, name: str, before: int, rows: int) -> None:
        grown = anonymous_bytes() - before
        self.figures[f"{name}: memory / vectors"] = once(grown / (2 * DIM * rows))

    def speed(self) -> None:
        faiss.omp_set_num_threads(1)
        kind = faiss.ScalarQuantizer.QT_fp16
        bare = faiss.IndexScalarQuantizer(DIM, kind, faiss.METRIC_INNER_PRODUCT)
        bare.is_trained = True
        bare.add_sa_codes(np.ascontiguousarray(self.templates).view(np.uint8))
        flat = faiss.IndexFlatIP(DIM)
        for start in range(0, len(self.templates), FEED_BATCH):
            flat.add(self.templates[start : start + FEED_BATCH].astype(np.float32))
        ours, one = self.opened(), self.probes[:1]
        works = {
            f"{BARE}, 10 of 1 probe": lambda: bare.search(one, 10),
            "bare FAISS float32, 10 of 1 probe": lambda: flat.search(one, 10),
            "Beholden, 10 of 1 probe": lambda: self.search(ours),
            f"{BARE}, 4096 of 1 probe": lambda: bare.search(one, 4096),
            "Beholden, 4096 of 1 probe": lambda: self.search(ours, limit=4096),
            "Beholden, 4096 of 1 probe over 0.5": lambda: self.search(ours, limit=4096, low=0.5),
        }
        taken = in_turns(works | bare_works(), ROUNDS)
        works = {
            f"{BARE}, 10 of 100 probes": lambda: bare.search(self.probes, 10),
            "Beholden, 10 of 100 probes": lambda: self.search(ours, 100),
        }
        taken |= in_turns(works, BATCH_ROUNDS)
        for name in [name for name in taken if name not in bare_works()]:
            for clock, seconds in zip(CLOCKS, taken[name], strict=True):
                self.figures[f"{name}, {clock} ms"] = ranged(seconds * 1e3)
        self.ratios(taken)
        self.limits({name: both[1] for name, both in taken.items()})
        self.recall(ours, flat)
        ours.close()

    def ratios(self, taken: dict[str, np.ndarray]) -> None:
        single, batch = (taken[f"Beholden, {what}"] for what in (ONE, MANY))
        at_once = 100 * np.median(single, axis=1)[:, np.newaxis] / batch
        for at, clock in enumerate(CLOCKS):
            for what in (ONE, "4096 of 1 probe", MANY):
                ours, bare = (taken[f"{who}, {what}"][at] for who in ("Beholden", BARE))
                self.figures[f"ratio to {BARE}, {what}, {clock}"] = ranged(ours / bare)
            name = f"rate of 100 probes at once / one by one, {clock}"
            self.figures[name] = ranged(at_once[at])

    def limits(self, took: dict[str, np.ndarray]) -> None:
        """What the core reads and multiplies in the same rounds, and what of that is reached."""
        peaks = Peaks.of(took)
        read = self.templates.nbytes / peaks.read
        multiply = 2 * self.templates.size * len(self.probes) / peaks.multiply
        for what, limit in ((ONE, read), (MANY, multiply)):
            reached = np.median(limit) / took[f"Beholden, {what}"]
            self.figures[f"limit, {what}, CPU ms"] = ranged(limit * 1e3)
            self.figures[f"share of the limit reached, {what}"] = ranged(reached, ".0%")

    def recall(self, ours: EmbeddedGallery, flat: faiss.IndexFlatIP) -> None:
        _, found = flat.search(self.probes, 10)
        truth = [[int(row) + 1 for row in rows] for rows in found]
        answers = [[c.subject_no for c in answer] for answer in self.search(ours, 100)]
        pairs = list(zip(answers, truth, strict=True))
        first = sum(a[0] == t[0] for a, t in pairs)
        self.figures["recall@1"] = f"{first / len(pairs):.3f}"
        shared = sum(len(set(a) & set(t)) for a, t in pairs)
        self.figures["recall@10"] = f"{shared / (10 * len(pairs)):.3f}"

    def clients(self) -> None:
        """Searches per second, by clients at once and threads of each search."""
        for threads in (1, 2):
            gallery = self.opened(threads)
            self.search(gallery)
            for clients in (1, 2, 4):
                with ThreadPoolExecutor(clients) as pool:
                    work = partial(self._rush, pool, gallery, 4 * clients)
                    rates = [4 * clients / spent(work)[0] for _ in range(CLIENT_ROUNDS)]
                name = f"searches/s, {clients} clients, {threads} threads each"
                self.figures[name] = ranged(rates)
            gallery.close()

    def _rush(self, pool: ThreadPoolExecutor, gallery: EmbeddedGallery, count: int) -> None:
        list(pool.map(lambda _: self.search(gallery), range(count)))

    def changes(self) -> None:
        """What one committed change costs the next search, before it scans."""
        for size in (0, 10_000, 100_000, 1_000_000):
            if size <= len(self.templates):
                self._changes_at(size)

    def _changes_at(self, size: int) -> None:
        feed = ArrayFeed(self.templates[:size])
        nowhere = Snapshots(Path("/nonexistent"), self.vault, str)
        held = HeldGallery(FACES, feed, nowhere, partial(Fp16Scan, threads=1), lambda _: None)
        held.current()
        stride, new = max(1, size // CHANGES), self.templates
        kinds: dict[str, Callable[[int], list[tuple[int, np.ndarray | None]]]] = {
            "nothing new": lambda _: [],
            "enrol": lambda turn: [(size + 1 + turn, new[turn])],
            "replace": lambda turn: [(1 + turn * stride, new[turn])],
            "delete": lambda turn: [(1 + turn * stride, None)],
        }
        for kind, commit in kinds.items():
            self.figures[f"{kind} at {size:,}, µs"] = self._each_us(held, feed, commit)

    def _each_us(self, held: HeldGallery, feed: ArrayFeed, commit: Callable[[int], list]) -> str:
        taken = []
        for turn in range(CHANGES):
            feed.later += commit(turn)
            taken.append(spent(held.current)[1] * 1e6)
        return ranged(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), stored(Path(folder), options.rows, options.like))
        for part in options.only:
            getattr(bench, part)()
    print(f"| {options.rows:,} templates of {DIM} dimensions | |\n|---|---:|")
    for name, figure in bench.figures.items():
        print(f"| {name} | {figure} |")


if __name__ == "__main__":
    main()
