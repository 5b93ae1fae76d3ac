"""What a four-bit scan with proof would gain: `python -m benchmarks.coarse_scan [--rows 1000000]`.

An experiment, and the evidence of docs/decisions/0030. The engine scans all templates in float16.
Here each template also has a code of four bits a dimension, which FAISS scans in a quarter of the
bytes, and the exact scores of what the codes leave are computed afterwards.

A template x is rotated and each dimension rounded to one of 16 levels; the norm e of what is left,
rounded up, is two more dimensions of the code. For a probe q, Cauchy and Schwarz give
q.x <= q.code(x) + |q| e, and the right side is one product of the extended code with (q, |q|, |q|).
So an estimate is never below the score, but for the rounding of FAISS's tables, which is bounded
(`Codec.error`). Whatever has a bound below the last candidate, or below the minimum score, is
proven not to belong to the answer. Levels and rotation are fixed: nothing is trained.

Levels: Max, Quantizing for Minimum Distortion, IRE Trans. Inf. Theory 6 (1960), table 1, N = 16,
for the normal distribution, which a rotated unit vector comes close to.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import numpy as np

from beholden.domain.gallery import Changes
from beholden.engines.gallery.batch import ROW_BITS, widened
from beholden.engines.gallery.blocks import Blocks, apply
from beholden.engines.gallery.ranking import ranked
from beholden.engines.gallery.scan import Fp16Scan
from benchmarks.clocks import once, ranged
from benchmarks.gallery import DIM, FEED_BATCH, probes_of, stored

LEVELS = np.array([0.1284, 0.3881, 0.6568, 0.9424, 1.256, 1.618, 2.069, 2.733])
NORM_DIMS = 2
NORMS = 0.07 + 0.008 * np.arange(16)
TABLE_REACH = 4096
GROUP_ROWS = 32
ROTATION_SEED = 128
# The order of FAISS's packed codes (pq4_pack_codes): lanes of two registers, interleaved.
LANES = np.array([0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15])
FIRST, FIRST_SHARE, LARGEST_SHARE, WIDER = 2048, 128, 16, 4
PROBES, SIMILARITY_80 = 15, 0.4216
native: Any = faiss


class Codec:
    def __init__(self, dim: int) -> None:
        self.dim, self.columns = dim, dim + NORM_DIMS
        levels = np.concatenate((-LEVELS[::-1], LEVELS)) / np.sqrt(dim)
        self._levels = levels.astype(np.float32)
        grid = np.arange(-TABLE_REACH, TABLE_REACH + 1) / TABLE_REACH
        self._nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, grid).astype(np.uint8)
        self._norms = NORMS.astype(np.float32)
        self._rotation = native.RandomRotationMatrix(dim, dim)
        self._rotation.init(ROTATION_SEED)
        # Rounding of float32 in two rotations of inner products of `dim` terms, twice over.
        self._slack = 4 * dim**1.5 * 2.0**-24

    def index(self, lists: int) -> Any:
        columns = self.columns
        metric, coarse = native.METRIC_INNER_PRODUCT, native.IndexFlatIP(columns)
        index = native.IndexIVFPQFastScan(coarse, columns, lists, columns, 4, metric, GROUP_ROWS)
        index.by_residual = False
        centroids = np.tile(self._levels, (columns, 1))
        centroids[self.dim :] = self._norms
        centroids[self.dim + 1 :] -= self._norms[0]
        native.copy_array_to_vector(centroids.ravel(), index.pq.centroids)
        index.is_trained = True
        index.nprobe = lists
        return index

    def add(self, index: Any, number: int, vectors: np.ndarray) -> None:
        """Templates (n, dim) as list `number`, labelled with it and their rows."""
        packed = _packed(self._coded(vectors))
        labels = (number << ROW_BITS) + np.arange(len(vectors))
        lists = index.invlists
        lists.add_entries(number, len(labels), native.swig_ptr(labels), native.swig_ptr(packed))

    def asked(self, probe: np.ndarray) -> np.ndarray:
        """A probe (dim,) as (1, columns): rotated, and its norm."""
        norms = np.full((1, NORM_DIMS), np.linalg.norm(probe), np.float32)
        return np.hstack((self._rotation.apply(probe[None]), norms))

    def error(self, asked: np.ndarray) -> float:
        """How far a bound may be too low. FAISS rounds its tables to integer multiples of a step,
        that of the widest table or of the sum of all (quantize_LUT_and_bias): each entry is half a
        step off at most."""
        widths = np.full(self.columns, np.ptp(self._levels))
        widths[self.dim :] = np.ptp(self._norms)
        spans = np.abs(asked[0]) * widths
        step = max(spans.max() / 255, spans.sum() / 65535)
        return float(step * self.columns / 2 + self._slack * asked[0, -1])

    def _coded(self, vectors: np.ndarray) -> np.ndarray:
        """(n, columns), 0 to 15 each."""
        rotated = self._rotation.apply(vectors)
        at = np.clip(rotated * TABLE_REACH, -TABLE_REACH, TABLE_REACH).astype(np.int16)
        codes = np.empty((len(vectors), self.columns), np.uint8)
        nearest = codes[:, : self.dim] = self._nearest[at + np.int16(TABLE_REACH)]
        rotated -= self._levels[nearest]
        norms = np.sqrt(np.einsum("nd,nd->n", rotated, rotated)) + np.float32(self._slack)
        for column in range(self.dim, self.columns):
            floor = 0 if column == self.dim else self._norms[0]
            codes[:, column] = np.searchsorted(self._norms[:-1] - floor, norms)
            norms -= self._norms[codes[:, column]] - floor
        if (norms > 0).any():
            raise ValueError("a template is too far from its code")
        return codes


def _packed(codes: np.ndarray) -> np.ndarray:
    """(n, m) columns as FAISS scans them: per 32 rows and column 16 bytes, two rows in each."""
    rows, columns = codes.shape
    whole = np.zeros((-(-rows // GROUP_ROWS) * GROUP_ROWS, columns), np.uint8)
    whole[:rows] = codes
    groups = whole.reshape(-1, GROUP_ROWS, columns).transpose(0, 2, 1)
    return np.ascontiguousarray(groups[..., LANES] | (groups[..., LANES + 16] << 4))


class CoarseScan:
    """A Scan (see scan.py) that leaves out what cannot reach `floor` either."""

    def __init__(self, blocks: Blocks, codec: Codec, floor: float) -> None:
        self._exact = Fp16Scan(blocks, 1)
        self._blocks, self._codec, self.floor = blocks, codec, floor
        self.rows, self.dim = blocks.rows, blocks.dim
        self.error, self.at = self._exact.error, self._exact.at
        self._index = codec.index(len(blocks.all))
        self.looked_at: list[int] = []
        for number, block in enumerate(blocks.all):
            codec.add(self._index, number, widened(block.vectors))

    def best(self, probes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        native.omp_set_num_threads(1)
        found = [self._best(probe, count) for probe in probes]
        scores, places = zip(*found, strict=True)
        return np.stack(scores), np.stack(places)

    def bounds(self, asked: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
        """The `reach` highest bounds, best first, but for their error, and places."""
        lists = np.arange(len(self._blocks.all))
        zeros = np.zeros(len(lists), np.float32)
        bounds, places = np.empty(reach, np.float32), np.empty(reach, np.int64)
        inputs = map(native.swig_ptr, (lists, zeros, bounds, places))
        self._index.search_preassigned_c(1, native.swig_ptr(asked), reach, *inputs, False)
        return bounds, places

    def _best(self, probe: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        asked = self._codec.asked(probe)
        most = self.rows // LARGEST_SHARE
        reach = FIRST + self.rows // FIRST_SHARE + WIDER * count
        while reach <= most:
            bounds, places = self.bounds(asked, reach)
            bounds += self._codec.error(asked)
            scores, found = np.empty(0, np.float32), np.empty(0, np.int64)
            for part in slice(2 * count), slice(2 * count, None):  # the first few set the bar
                bar = max(self.floor, scores.min(initial=np.inf) if len(scores) else -np.inf)
                more = self._products(probe, places[part][bounds[part] >= bar])
                scores, found = _highest(count, (scores, found), more)
            bar = max(self.floor, scores.min() if len(scores) == count else -np.inf)
            if bounds[-1] < bar and len(scores) == count:
                return scores, found
            reach *= WIDER
        scores, places = self._exact.best(probe[None], count)
        return scores[0], places[0]

    def _products(self, probe: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.looked_at.append(len(places))
        places = np.sort(places)
        numbers, rows = places >> ROW_BITS, places & ((1 << ROW_BITS) - 1)
        vectors = np.empty((len(rows), self.dim), np.float16)
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        every = self._blocks.all
        runs = pairwise([*starts.tolist(), len(rows)])
        for number, (start, end) in zip(numbers[starts].tolist(), runs, strict=True):
            every[number].vectors.take(rows[start:end], 0, vectors[start:end], "clip")
        return np.einsum("nd,d->n", widened(vectors), probe), places


def _highest(count: int, *found: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    scores, places = (np.concatenate(column) for column in zip(*found, strict=True))
    best = np.argsort(-scores, kind="stable")[:count]
    return scores[best], places[best]


def blocks_of(templates: np.ndarray) -> Blocks:
    blocks, none = Blocks(), np.empty(0, np.int64)
    for start in range(0, len(templates), FEED_BATCH):
        part = np.asarray(templates[start : start + FEED_BATCH])
        nos = np.arange(start + 1, start + 1 + len(part))
        blocks = apply(blocks, Changes(nos, part, none, start, False))
    return blocks


def cpu_ms(work: Any) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def ratios(templates: np.ndarray) -> dict[str, str]:
    """Medians of processor time over that of a bare FAISS scan in float16, probe by probe."""
    kind = faiss.ScalarQuantizer.QT_fp16
    bare = native.IndexScalarQuantizer(DIM, kind, faiss.METRIC_INNER_PRODUCT)
    bare.is_trained = True
    bare.add_sa_codes(np.ascontiguousarray(templates).view(np.uint8))
    blocks, codec = blocks_of(templates), Codec(DIM)
    exact, begun = Fp16Scan(blocks, 1), time.process_time()
    coarse = CoarseScan(blocks, codec, -1.0)
    figures = {"making the codes, CPU s": once(time.process_time() - begun)}
    probes = probes_of(templates, PROBES)
    for floor, limit in ((-1.0, 10), (SIMILARITY_80, 10), (SIMILARITY_80, 4096), (-1.0, 4096)):
        figures |= _at(floor, limit, bare, exact, coarse, probes)
    asked = [codec.asked(probe) for probe in probes]
    figures["error of the tables, median"] = f"{median(map(codec.error, asked)):.4f}"
    for reach in (10, 10_000):
        taken = [cpu_ms(lambda a=a, reach=reach: coarse.bounds(a, reach)) for a in asked]
        whole = [cpu_ms(lambda p=p: bare.search(p[None], 10)) for p in probes]
        figures[f"scan of the codes alone, {reach:,} of 1 / bare"] = ranged(np.divide(taken, whole))
    return figures


def _at(
    floor: float, limit: int, bare: Any, exact: Fp16Scan, coarse: CoarseScan, probes: np.ndarray
) -> dict[str, str]:
    name, ours, theirs, whole, same = f"{limit} over {floor:g}", [], [], [], 0
    coarse.floor, coarse.looked_at = floor, []
    for probe in probes[:, None]:
        theirs.append(cpu_ms(lambda probe=probe: bare.search(probe, limit)))
        whole.append(cpu_ms(lambda probe=probe: ranked(exact, probe, limit, floor)))
        ours.append(cpu_ms(lambda probe=probe: ranked(coarse, probe, limit, floor)))
        same += ranked(coarse, probe, limit, floor) == ranked(exact, probe, limit, floor)
    return {
        f"{name}: same answers": f"{same} of {len(probes)}",
        f"{name}: bare FAISS fp16, ms": ranged(theirs),
        f"{name}: engine / bare": ranged(np.divide(whole, theirs)),
        f"{name}: coarse / bare": ranged(np.divide(ours, theirs)),
        f"{name}: templates looked at twice": f"{sum(coarse.looked_at) / (2 * len(probes)):,.0f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--like", type=Path)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        figures = ratios(stored(Path(folder), options.rows, options.like))
    print(f"| {options.rows:,} templates of {DIM} dimensions | |\n|---|---:|")
    for name, figure in figures.items():
        print(f"| {name} | {figure} |")


if __name__ == "__main__":
    main()
