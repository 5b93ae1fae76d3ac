"""Searching a gallery for the tracks of a video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from beholden.domain.face import Collection
from beholden.domain.gallery import GalleryRef, Subject
from beholden.gate.call import Call
from beholden.operations._services import Services
from beholden.operations.search import ROUNDING, similar
from beholden.operations.video._persons import Appearance

Json = dict[str, Any]
# Number of an enrolled face and its similarity, 0..100.
Hit = tuple[int, float]


class Matcher:
    """Searches tracks that have ended, those of one segment at once. `evidence` is what was found,
    as the log keeps it."""

    def __init__(
        self,
        services: Services,
        call: Call,
        collection: Collection,
        threshold_pct: float,
        most: int,
    ) -> None:
        self._services = services
        self._call = call
        self._collection = collection
        self._threshold_pct = threshold_pct
        self._most = most
        self.searched = 0
        self.evidence: list[Json] = []

    def hits(self, ended: Sequence[Appearance]) -> list[list[Hit]]:
        """Of each track up to `most` enrolled faces that are as similar, the best first."""
        if not ended:
            return []
        self.searched += len(ended)
        found = self._services.gallery.search(
            self._call.grant,
            GalleryRef(self._collection.no, Subject.FACE),
            np.stack([appearance.template for appearance in ended]),
            self._most,
            self._services.calibration.score(self._threshold_pct) - ROUNDING,
        )
        ranked = [similar(self._services, one, self._threshold_pct) for one in found]
        for appearance, hits in zip(ended, ranked, strict=True):
            self._note(appearance, hits)
        return ranked

    def _note(self, appearance: Appearance, hits: Sequence[Hit]) -> None:
        faces = self._services.faces.by_no(self._collection, [no for no, _ in hits])
        self.evidence += [
            {"face": faces[no].face_id, "similarity_pct": similarity, "track": appearance.no}
            for no, similarity in hits
            if no in faces
        ]
