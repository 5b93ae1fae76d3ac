"""The templates of one gallery as a sorted sequence of immutable blocks.

A change copies the blocks it touches and shares all others, so it costs the same in a gallery of
any size, a search that runs keeps the version it began with, and nobody waits for anybody.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import faiss
import numpy as np

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

    @property
    def first(self) -> int:
        return int(self.nos[0])

    @property
    def nbytes(self) -> int:
        return self.nos.nbytes + self.vectors.nbytes

    def __len__(self) -> int:
        return len(self.nos)


Blocks: TypeAlias = tuple[Block, ...]


def apply(blocks: Blocks, changes: Changes) -> Blocks:
    """The blocks after a batch of changes. Of a number put twice, the last one counts."""
    put_nos, last = np.unique(changes.put_nos[::-1], return_index=True)
    put_vectors = changes.put_vectors[::-1][last]
    touched = np.union1d(put_nos, changes.dropped_nos)
    renewed: list[Block] = []
    copied = done = 0
    while done < len(touched):
        home = max(bisect_right(blocks, touched[done], key=_first) - 1, 0)
        end = _end_of(blocks, home, touched)
        low, high = np.searchsorted(put_nos, touched[[done, end - 1]] + (0, 1))
        renewed += blocks[copied:home]
        copied, done = home + 1, end
        for piece in _merged(
            blocks[home : home + 1], touched, put_nos[low:high], put_vectors[low:high]
        ):
            _push(renewed, piece)
    for block in blocks[copied : copied + 1]:
        _push(renewed, block)
    return (*renewed, *blocks[copied + 1 :])


def _first(block: Block) -> int:
    return block.first


def _end_of(blocks: Blocks, home: int, touched: Int64) -> int:
    """How many of `touched` lie before the block after `home`."""
    if home + 1 >= len(blocks):
        return len(touched)
    return int(np.searchsorted(touched, blocks[home + 1].first))


def _merged(old: Blocks, touched: Int64, put_nos: Int64, put_vectors: Float16) -> Iterator[Block]:
    """`old` (one block or none) without what was touched and with what was put."""
    if not old:
        yield from _pieces(put_nos, put_vectors, MAX_ROWS)
        return
    (block,) = old
    gone = np.searchsorted(touched, block.nos)
    gone[gone == len(touched)] = 0
    rows = np.flatnonzero(touched[gone] == block.nos)
    nos, vectors = np.delete(block.nos, rows), np.delete(block.vectors, rows, axis=0)
    at = np.searchsorted(nos, put_nos)
    appended = not at.size or at[0] == len(nos)
    if at.size:
        nos, vectors = np.insert(nos, at, put_nos), np.insert(vectors, at, put_vectors, axis=0)
    yield from _pieces(nos, vectors, MAX_ROWS if appended else _even(len(nos)))


def _even(rows: int) -> int:
    """The size of pieces of equal length, so that blocks split in the middle have room to grow."""
    return -(-rows // max(1, -(-rows // MAX_ROWS))) or 1


def _pieces(nos: Int64, vectors: Float16, rows: int) -> Iterator[Block]:
    for at in range(0, len(nos), rows):
        yield Block.of(nos[at : at + rows], vectors[at : at + rows])


def _push(blocks: list[Block], block: Block) -> None:
    """Append, joined with its neighbour where both together are small."""
    if blocks and len(blocks[-1]) + len(block) <= MAX_ROWS // 2:
        left = blocks.pop()
        block = Block.of(
            np.concatenate((left.nos, block.nos)), np.concatenate((left.vectors, block.vectors))
        )
    blocks.append(block)
