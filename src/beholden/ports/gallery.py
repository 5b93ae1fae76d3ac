"""1:N search over the templates of a collection. Exact: every template is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from beholden.domain.access import Grant
from beholden.domain.arrays import Float32
from beholden.domain.face import Candidate
from beholden.domain.gallery import GalleryRef


class Gallery(Protocol):
    def search(
        self, grant: Grant, ref: GalleryRef, probes: Float32, limit: int, min_score: float
    ) -> Sequence[Sequence[Candidate]]:
        """The best candidates for each probe, highest score first, at most `limit`, none under
        `min_score` (raw cosine).

        `probes` has shape (n, d), unit-norm float32. Every change that records had committed
        before the call is seen. An unknown or empty gallery gives no candidates. Ties are broken
        by the lower subject number. Needs a grant, which only the gate can give.
        """
        ...

    def forget(self, collection_no: int) -> None:
        """Drop everything held of a collection, on disk too. Unknown numbers are a no-op."""
        ...

    def scrub(self, collection_no: int) -> None:
        """Keep nothing, on disk or elsewhere, of what was dropped from a collection by now. What
        another process holds in memory follows with its next search."""
        ...

    def close(self) -> None:
        """Write what makes the next start quick, then release resources. Safe to call twice."""
        ...
