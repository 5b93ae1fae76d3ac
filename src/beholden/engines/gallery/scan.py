"""The scan: every template of a gallery against each probe, in one call of FAISS."""

from __future__ import annotations

from typing import Any, Protocol

import faiss
import numpy as np

from beholden.domain.arrays import Float16, Float32, Int64
from beholden.engines.gallery.batch import ROW_BITS, best_of_many
from beholden.engines.gallery.blocks import Blocks

MANY_PROBES = 10
native: Any = faiss  # the type stubs leave out most of what is used here


class Scan(Protocol):
    """Looks at every template of one version of a gallery. Safe to use from many threads."""

    rows: int
    dim: int

    def best(self, probes: Float32, count: int) -> tuple[Float32, Int64]:
        """For each of p probes the `count` templates with the highest estimated scores, in any
        order: scores (p, count), and places (p, count), negative where there are no more."""
        ...

    def error(self, probes: Float32) -> Float32:
        """Shape (p,): no estimate is further than this from the template's true score."""
        ...

    def at(self, places: Int64) -> tuple[Int64, Float16]:
        """The numbers (n,) and templates (n, d) at these places."""
        ...


class Fp16Scan:
    """The estimates are the float32 products, but for their rounding: FAISS's fp16 kernel reads all
    templates for each probe, a matrix product of tiles is faster from MANY_PROBES."""

    def __init__(self, blocks: Blocks, threads: int) -> None:
        self._blocks = blocks
        self._threads = threads
        self.rows = blocks.rows
        self.dim = blocks.dim
        self._lists = _stacked(blocks)
        self._index = _index(self._lists, self.dim, len(blocks.all))

    def best(self, probes: Float32, count: int) -> tuple[Float32, Int64]:
        native.omp_set_num_threads(self._threads)
        probes = np.ascontiguousarray(probes, np.float32)
        if len(probes) >= MANY_PROBES:
            return best_of_many(self._blocks, probes, count)
        shape = (len(probes), len(self._blocks.all))
        scores = np.empty((len(probes), count), np.float32)
        places = np.empty((len(probes), count), np.int64)
        every_list = np.broadcast_to(np.arange(shape[1]), shape).copy()
        of_lists = np.zeros(shape, np.float32)  # a pointer keeps nothing alive
        self._index.search_preassigned_c(
            len(probes),
            native.swig_ptr(probes),
            count,
            native.swig_ptr(every_list),
            native.swig_ptr(of_lists),
            native.swig_ptr(scores),
            native.swig_ptr(places),
            True,  # label each result with its list and its row
        )
        return scores, places

    def error(self, probes: Float32) -> Float32:
        """Higham, Accuracy and Stability of Numerical Algorithms, 3.1: |error| of an inner product
        in any order is at most n u / (1 - n u) times the norms (Cauchy-Schwarz); templates have
        norm 1 before they are rounded to float16."""
        unit = (self.dim + 2) * 2.0**-24
        norms = np.linalg.norm(probes.astype(np.float64), axis=1) * (1 + 2.0**-10)
        return np.asarray(norms * unit / (1 - unit), np.float32)

    def at(self, places: Int64) -> tuple[Int64, Float16]:
        lists, rows = places >> ROW_BITS, places & ((1 << ROW_BITS) - 1)
        found = [
            (self._blocks.all[i], row) for i, row in zip(lists.tolist(), rows.tolist(), strict=True)
        ]
        nos = np.array([block.nos[row] for block, row in found], np.int64)
        vectors = np.array([block.vectors[row] for block, row in found], np.float16)
        return nos, vectors.reshape(len(found), self.dim)


def _stacked(blocks: Blocks) -> Any:
    """One inverted file whose list i is block i, without a copy."""
    pointers = native.InvertedListsPtrVector()
    pointers.resize(len(blocks.all))
    native.memcpy(pointers.data(), native.swig_ptr(blocks.addresses), blocks.addresses.nbytes)
    return native.VStackInvertedLists(len(blocks.all), pointers.data())


def _index(lists: Any, dim: int, count: int) -> Any:
    kind, metric = native.ScalarQuantizer.QT_fp16, native.METRIC_INNER_PRODUCT
    index = native.IndexIVFScalarQuantizer(native.IndexFlatIP(dim), dim, 1, kind, metric, False)
    index.nlist = index.nprobe = count
    index.replace_invlists(lists, False)
    index.is_trained = True
    index.parallel_mode = 1  # more than one thread: share out the lists of each probe
    return index
