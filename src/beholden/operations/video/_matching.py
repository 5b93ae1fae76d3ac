"""Searching a gallery for the tracks of a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from beholden.domain.face import Collection, Face
from beholden.domain.gallery import GalleryRef, Subject
from beholden.gate.call import Call
from beholden.gate.restrictions.authorized_people import authorized_people
from beholden.operations._services import Services
from beholden.operations.search import ROUNDING, similar
from beholden.operations.video._persons import Appearance

Json = dict[str, Any]
# Number of an enrolled face and its similarity, 0..100.
Hit = tuple[int, float]


class Matcher:
    """Searches tracks that have ended, those of one segment at once."""

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
        self._people = authorized_people(services.authorizations, call.grant)
        self._searched = 0
        self._outside = 0
        self._evidence: list[Json] = []

    def hits(self, ended: Sequence[Appearance]) -> list[list[Hit]]:
        """Of each track up to `most` enrolled faces that are as similar, the best first; those of
        people outside the authorization are left out, and counted."""
        if not ended:
            return []
        self._searched += len(ended)
        found = self._services.gallery.search(
            self._call.grant,
            GalleryRef(self._collection.no, Subject.FACE),
            np.stack([appearance.template for appearance in ended]),
            self._most,
            self._services.calibration.score(self._threshold_pct) - ROUNDING,
        )
        ranked = [similar(self._services, one, self._threshold_pct) for one in found]
        return [self._kept(a.no, hits) for a, hits in zip(ended, ranked, strict=True)]

    def note(self) -> None:
        """Note what was found, as the log keeps it."""
        self._call.note(tracks=self._searched, candidates=self._evidence)
        if self._people is not None:
            self._call.note(outside_authorization=self._outside)

    def _kept(self, track: int, hits: Sequence[Hit]) -> list[Hit]:
        faces = self._services.faces.by_no(self._collection, [no for no, _ in hits])
        there = [hit for hit in hits if hit[0] in faces]
        theirs = _within(faces, self._people)
        kept = [hit for hit in there if hit[0] in theirs]
        self._outside += len(there) - len(kept)
        self._evidence += [
            {"face": faces[no].face_id, "similarity_pct": similarity, "track": track}
            for no, similarity in kept
        ]
        return kept


def released(services: Services, call: Call, faces: Mapping[int, Face]) -> Mapping[int, Face]:
    """Those of the faces in stored results that the authorization lets be told now: a job of an
    earlier version kept all that were similar."""
    people = authorized_people(services.authorizations, call.grant)
    kept = _within(faces, people)
    if people is not None:
        call.note(outside_authorization=len(faces) - len(kept))
    return kept


def _within(faces: Mapping[int, Face], people: frozenset[str] | None) -> Mapping[int, Face]:
    """The faces of these people, by number; all of them if None."""
    if people is None:
        return faces
    return {no: face for no, face in faces.items() if face.external_image_id in people}
