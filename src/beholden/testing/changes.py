"""A change feed in memory, and the hand that writes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TypeAlias

import numpy as np

from beholden.domain.arrays import Float16
from beholden.domain.gallery import Changes, GalleryRef

LastChange: TypeAlias = tuple[int, Float16 | None]


class FakeChangeFeed:
    """Keeps of each subject its last change only, as records do. Tests commit with `put` and
    `drop`; `batch` is how many changes one answer holds at most."""

    def __init__(self, batch: int = 1000) -> None:
        self._batch = batch
        self._lock = Lock()
        self._seq: defaultdict[int, int] = defaultdict(int)
        self._last: defaultdict[GalleryRef, dict[int, LastChange]] = defaultdict(dict)

    def put(self, ref: GalleryRef, vectors: Mapping[int, Float16]) -> None:
        """Add or replace vectors, each of shape (d,), by number."""
        for no, vector in vectors.items():
            self._change(ref, no, vector)

    def drop(self, ref: GalleryRef, nos: Sequence[int]) -> None:
        """Numbers that are not there are a no-op."""
        for no in nos:
            if no in self._last[ref]:
                self._change(ref, no, None)

    def delete(self, collection_no: int) -> None:
        """Delete the collection: from now on it is unknown."""
        self._seq.pop(collection_no, None)
        for ref in [ref for ref in self._last if ref.collection_no == collection_no]:
            del self._last[ref]

    def held(self, ref: GalleryRef) -> Mapping[int, Float16]:
        """What a gallery that followed every change holds now."""
        last = self._last.get(ref, {})
        return {no: vector for no, (_, vector) in list(last.items()) if vector is not None}

    def changes(self, ref: GalleryRef, after_seq: int) -> Changes:
        with self._lock:
            reached = self._seq.get(ref.collection_no, after_seq)
            last = dict(self._last.get(ref, {}))
        vectors = {no: vector for no, (_, vector) in last.items()}
        new = sorted((seq, no) for no, (seq, _) in last.items() if seq > after_seq)
        more = len(new) > self._batch
        nos = [no for _, no in new[: self._batch]]
        put = [(no, vector) for no in nos if (vector := vectors[no]) is not None]
        return Changes(
            np.array([no for no, _ in put], np.int64),
            np.array([vector for _, vector in put], np.float16).reshape(len(put), -1 if put else 0),
            np.array([no for no in nos if vectors[no] is None], np.int64),
            new[self._batch - 1][0] if more else reached,
            more,
        )

    def _change(self, ref: GalleryRef, no: int, vector: Float16 | None) -> None:
        with self._lock:
            self._seq[ref.collection_no] += 1
            self._last[ref][no] = (self._seq[ref.collection_no], vector)
