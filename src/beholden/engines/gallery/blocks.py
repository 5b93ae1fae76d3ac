"""The templates of one gallery as a sorted sequence of immutable blocks.

A change copies the blocks it touches and shares all others, so it costs the same in a gallery of
any size, a search that runs keeps the version it began with, and nobody waits for anybody.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Float16, Int64
from beholden.domain.gallery import Changes

MAX_ROWS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """At least one template, by ascending number.

    `nos` (n,) int64 and `vectors` (n, d) float16 are views of memory that `lists` owns, an inverted
    file of a single list, the form in which FAISS scans many runs in one call. Never let a view
    outlive its block.
    """

    lists: Any
    nos: Int64
    vectors: Float16

    @classmethod
    def of(cls, nos: Int64, vectors: Float16) -> Block:
        rows, dim = vectors.shape
        lists = faiss.ArrayInvertedLists(1, 2 * dim)
        lists.resize(0, rows)
        codes = np.ascontiguousarray(vectors).view(np.uint8)
        numbers = np.ascontiguousarray(nos)
        lists.update_entries(0, 0, rows, faiss.swig_ptr(numbers), faiss.swig_ptr(codes))
        held = faiss.rev_swig_ptr(lists.get_codes(0), rows * 2 * dim)
        return cls(
            lists,
            faiss.rev_swig_ptr(lists.get_ids(0), rows),
            held.view(np.float16).reshape(rows, dim),
        )

    def __len__(self) -> int:
        return len(self.nos)


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """One version of a gallery: its blocks by ascending number, where FAISS finds them (`addresses`
    (b,) uint64), and how many templates they hold."""

    all: tuple[Block, ...] = ()
    addresses: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    rows: int = 0

    def spliced(self, low: int, high: int, blocks: Sequence[Block]) -> Blocks:
        """With `blocks` in place of those from `low` to `high`, at the cost of those alone."""
        inserted = np.array([int(block.lists.this) for block in blocks], np.uint64)
        gained = sum(map(len, blocks)) - sum(map(len, self.all[low:high]))
        return Blocks(
            (*self.all[:low], *blocks, *self.all[high:]),
            np.concatenate((self.addresses[:low], inserted, self.addresses[high:])),
            self.rows + gained,
        )

    @property
    def dim(self) -> int:
        """0 while there are none."""
        return self.all[0].vectors.shape[1] if self.all else 0

    @property
    def nbytes(self) -> int:
        return self.rows * (2 * self.dim + 8)


def apply(blocks: Blocks, changes: Changes, max_rows: int = MAX_ROWS) -> Blocks:
    """The blocks after a batch of changes. Of a number put twice, the last one counts."""
    put_nos, last = np.unique(changes.put_nos[::-1], return_index=True)
    put_vectors = changes.put_vectors[::-1][last] if len(last) else changes.put_vectors
    nos = np.union1d(put_nos, changes.dropped_nos)
    if not len(nos):
        return blocks
    low = copied = max(_home(blocks, nos[0]) - 1, 0)
    renewed: list[Block] = []
    for home, of_home in _by_block(blocks, nos):
        for block in blocks.all[copied:home][:1]:  # its neighbour may just have become small
            _push(renewed, block, max_rows)
        renewed += blocks.all[copied + 1 : home]
        copied = home + 1
        put = slice(*np.searchsorted(put_nos, (of_home[0], of_home[-1] + 1)))
        old = blocks.all[home:copied]
        for block in _changed(old, of_home, put_nos[put], put_vectors[put], max_rows):
            _push(renewed, block, max_rows)
    for block in blocks.all[copied : copied + 1]:
        _push(renewed, block, max_rows)
    return blocks.spliced(low, copied + 1, renewed)


def _home(blocks: Blocks, no: int) -> int:
    """The index of the block that `no` belongs to."""
    return max(bisect_right(blocks.all, no, key=_first) - 1, 0)


def _first(block: Block) -> int:
    return int(block.nos[0])


def _by_block(blocks: Blocks, nos: Int64) -> Iterator[tuple[int, Int64]]:
    """Ascending numbers, shared out to the blocks they belong to, by index."""
    while len(nos):
        home = _home(blocks, nos[0])
        last = home + 1 >= len(blocks.all)
        count = len(nos) if last else int(np.searchsorted(nos, _first(blocks.all[home + 1])))
        yield home, nos[:count]
        nos = nos[count:]


def _changed(
    old: tuple[Block, ...], gone: Int64, put_nos: Int64, put_vectors: Float16, max_rows: int
) -> Iterator[Block]:
    """`old` (one block or none) without the numbers that are `gone`, and with what was put."""
    if not old:
        yield from _pieces(put_nos, put_vectors, max_rows)
        return
    (block,) = old
    rows = np.searchsorted(block.nos, gone)
    rows = rows[block.nos.take(rows, mode="clip") == gone]
    if not len(rows) and not len(put_nos):
        yield block
        return
    nos, vectors = block.nos, block.vectors
    if len(rows):
        nos, vectors = np.delete(nos, rows), np.delete(vectors, rows, axis=0)
    at = np.searchsorted(nos, put_nos)
    if len(at):
        nos, vectors = np.insert(nos, at, put_nos), np.insert(vectors, at, put_vectors, axis=0)
    appended = at.min(initial=len(nos)) >= len(nos) - len(at)
    yield from _pieces(nos, vectors, max_rows if appended else _even(len(nos), max_rows))


def _even(rows: int, max_rows: int) -> int:
    """The length of equal pieces: a block that is split in its middle has room to grow there."""
    return -(-rows // -(-rows // max_rows))


def _pieces(nos: Int64, vectors: Float16, rows: int) -> Iterator[Block]:
    for at in range(0, len(nos), rows):
        yield Block.of(nos[at : at + rows], vectors[at : at + rows])


def _push(blocks: list[Block], block: Block, max_rows: int) -> None:
    """Append, joined with its neighbour where both together are small."""
    if blocks and len(blocks[-1]) + len(block) <= max_rows // 2:
        left = blocks.pop()
        block = Block.of(
            np.concatenate((left.nos, block.nos)), np.concatenate((left.vectors, block.vectors))
        )
    blocks.append(block)
