"""A gallery that compares with everything, one number at a time: what others are checked by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from beholden.domain.access import Decision, Grant, Identifies, Principal, Query, Resource
from beholden.domain.arrays import Float16, Float32
from beholden.domain.errors import AccessDenied
from beholden.domain.face import Candidate
from beholden.domain.gallery import GalleryRef
from beholden.ports.records import ChangeFeed


class FakeGallery:
    """Follows a change feed from its beginning with each search, so nothing can go stale."""

    def __init__(self, feed: ChangeFeed) -> None:
        self._feed = feed

    def search(
        self, grant: Grant, ref: GalleryRef, probes: Float32, limit: int, min_score: float
    ) -> Sequence[Sequence[Candidate]]:
        if not grant.decision.allowed:
            raise AccessDenied
        held = self._held(ref)
        return [_best(held, probe, limit, min_score) for probe in probes]

    def forget(self, collection_no: int) -> None:
        """There is nothing to forget."""

    def scrub(self, collection_no: int) -> None:
        """There is nothing that could be left."""

    def close(self) -> None:
        """There is nothing to keep."""

    def _held(self, ref: GalleryRef) -> dict[int, Float16]:
        held: dict[int, Float16] = {}
        seq, more = 0, True
        while more:
            changes = self._feed.changes(ref, seq)
            held.update(zip(changes.put_nos.tolist(), changes.put_vectors, strict=True))
            for no in changes.dropped_nos.tolist():
                held.pop(no, None)
            seq, more = changes.seq, changes.more
        return held


def _best(
    held: dict[int, Float16], probe: Float32, limit: int, min_score: float
) -> list[Candidate]:
    scored = [Candidate(no, _score(vector, probe)) for no, vector in held.items()]
    wanted = [one for one in scored if one.score >= min_score]
    return sorted(wanted, key=lambda one: (-one.score, one.subject_no))[: max(limit, 0)]


def _score(vector: Float16, probe: Float32) -> float:
    """The inner product with a single rounding, to float32."""
    products = (a * b for a, b in zip(vector.tolist(), probe.tolist(), strict=True))
    return float(np.float32(math.fsum(products)))


def a_grant(allowed: bool = True) -> Grant:
    """A grant as the gate would give it, for tests of what asks for one."""
    principal = Principal("tester", "officer", "testing", "AKIATEST")
    query = Query(principal, "SearchFaces", Resource("Collection", "test"), Identifies.SEARCHES)
    decision = Decision(allowed, "for a test")
    return Grant("grant-1", query, decision, datetime(2026, 1, 1, tzinfo=UTC))
