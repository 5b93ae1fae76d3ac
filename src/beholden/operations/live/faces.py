"""Face search on live pictures: AWS's record, for each frame that was looked at.

A worker follows faces from frame to frame (looks.FaceLooks), and gives what to search for once each
is first seen well, and again when it is seen much better. What a search finds is restricted and
logged by the gate before it stands in any record; the records after it repeat what the log has. Of
a face that matches nobody nothing is kept but its track, in memory, for a second after it was last
seen; beyond a household it stands in no record, either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from beholden.analysis.pictures import face_picture
from beholden.domain.access import Grant
from beholden.domain.arrays import Float32
from beholden.domain.errors import TaskFailed
from beholden.domain.face import Collection
from beholden.domain.geometry import Box
from beholden.domain.lead import Probe
from beholden.domain.look import SeenFace
from beholden.domain.profile import Profile
from beholden.domain.stream import StreamProcessor
from beholden.gate.call import Call
from beholden.gate.registry import Response
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.enrolment import usable
from beholden.operations.live._input import input_information
from beholden.operations.search import Search, face_matches
from beholden.operations.streams import face_search
from beholden.ports.live import Screen, Seen

Json = dict[str, Any]
# Restricts, records and releases what was found (Gate.release).
Release = Callable[[Call, Response], Response]

# Frames a second that are looked at: with fewer, whoever walks by is seen too seldom.
PER_SECOND = 5.0
MOST_MATCHES = 5
# How far from a norm of 1 rounding may take a probe.
UNIT = 1e-3
# What Rekognition's record tells of a matched face.
FACE = ("BoundingBox", "FaceId", "Confidence", "ImageId", "ExternalImageId")


@dataclass(slots=True)
class _Known:
    """What is known of a track: which faces (ids) it was like, and what was released of that.
    `shown` are those matches that still hold."""

    found: frozenset[str] = frozenset()
    matches: list[Json] = field(default_factory=list)
    shown: list[Json] = field(default_factory=list)


class FaceWatch:
    """Implements streams.work.Watch."""

    task = "faces"
    per_second = PER_SECOND
    lasts_s = None

    def __init__(
        self,
        services: Services,
        release: Release,
        screen: Screen,
        processor: StreamProcessor,
        grant: Grant,
    ) -> None:
        """Raises ClientError, for example if the collection is gone."""
        self._services = services
        self._release = release
        self._screen = screen
        self._processor = processor
        self.asked: Json = {}
        self._known: dict[int, _Known] = {}
        self._grant = grant
        self._collection = self._searched()
        self._faces = self._matched = 0
        self._leaves_out = services.profile is not Profile.PERSONAL

    def renew(self, grant: Grant) -> None:
        """From now on under this grant; whoever was deleted meanwhile is no match any more."""
        self._grant = grant
        self._collection = self._searched()
        for known in self._known.values():
            known.shown = self._still_enrolled(known.matches)

    def see(self, seen: Seen) -> Json:
        tracks = seen.found["tracks"]
        self._known = {no: one for no, one in self._known.items() if no in tracks}
        found = [(face, self._who(face, seen)) for face in seen.found["faces"]]
        self._screen.show(seen, tuple(_shown(face, matches) for face, matches in found))
        faces = [
            {"DetectedFace": face["detected"], "MatchedFaces": matches}
            for face, matches in found
            if matches or not self._leaves_out
        ]
        return {
            "InputInformation": input_information(self._processor, seen),
            "StreamProcessorInformation": {"Status": "RUNNING"},
            "FaceSearchResponse": faces,
        }

    def finish(self) -> None:
        """It has said all that it knows."""

    def close(self, *, keep: bool) -> None:
        self._screen.close(keep=keep)

    def summary(self) -> Mapping[str, object]:
        """Faces are tracks: one person who leaves and comes back is two."""
        found = {"faces": self._faces, "faces_matched": self._matched}
        return {**found, **self._screen.summary()}

    def _searched(self) -> Collection:
        return usable(self._services, str(face_search(self._processor)["CollectionId"]))

    def _who(self, face: Json, seen: Seen) -> list[Json]:
        """MatchedFaces of a face. It is searched for where it was not seen as well before."""
        no = face["track"]
        if no not in self._known:
            self._known[no] = _Known()
            self._faces += 1
        known = self._known[no]
        if "probe" in face:
            self._search(face, seen, known)
        return known.shown

    def _search(self, face: Json, seen: Seen, known: _Known) -> None:
        """What was found before and is found again says nothing new; what is not, falls."""
        call = Call(new_id(), self._grant)
        search = Search(
            self._collection,
            _probe(face),
            MOST_MATCHES,
            self._threshold_pct(),
            self._shown_probe(face, seen),
        )
        found = face_matches(self._services, call, search)
        ids = frozenset(match["Face"]["FaceId"] for match in found)
        if ids == known.found:
            return
        known.found, released = ids, []
        if found:
            call.note(
                probe=search.shown.logged,
                processor=self._processor.name,
                session=self._processor.session_id,
            )
            released = self._release(call, {"FaceMatches": found})["FaceMatches"]
        self._matched += bool(released) and not known.matches
        known.matches, known.shown = released, [_matched(match) for match in released]

    def _shown_probe(self, face: Json, seen: Seen) -> Probe:
        """A picture is made only where somebody will look at it, and kept only with a lead."""
        logged = self._services.hashes.of(bytes.fromhex(face["crop"]))
        reviewed = self._grant.query.context.get("review")
        picture = face_picture(seen.picture(), _box(face)) if reviewed else None
        return Probe(logged, picture)

    def _threshold_pct(self) -> float:
        """That which was granted, or the purpose's floor where it was raised since."""
        context: Mapping[str, Any] = self._grant.query.context
        return float(max(context["threshold_pct"], context.get("floor_pct", 0.0)))

    def _still_enrolled(self, matches: list[Json]) -> list[Json]:
        """A lead (similarity 0) stands for nobody in particular, and stays."""
        ids = [match["Face"]["FaceId"] for match in matches if match["Similarity"]]
        there = self._services.faces.by_id(self._collection, ids) if ids else {}
        return [
            _matched(match)
            for match in matches
            if not match["Similarity"] or match["Face"]["FaceId"] in there
        ]


def _probe(face: Json) -> Float32:
    """(d,), unit norm. Raises TaskFailed if it is not: who looks may be in a stranger's hands."""
    probe = np.array(face["probe"], np.float32)
    if probe.ndim != 1 or not abs(float(probe @ probe) - 1) < UNIT:
        raise TaskFailed("The worker process gave nothing to search by.")
    return probe


def _box(face: Json) -> Box:
    return Box(*map(float, face["box_px"]))


def _shown(face: Json, matches: list[Json]) -> SeenFace:
    """The likeliest, by name; a lead (similarity 0) names nobody."""
    no, box_px = face["track"], _box(face)
    for match in matches[:1]:
        if match["Similarity"]:
            name = match["Face"].get("ExternalImageId", match["Face"]["FaceId"])
            return SeenFace(no, box_px, name, match["Similarity"], _ids(matches))
    return SeenFace(no, box_px)


def _ids(matches: list[Json]) -> frozenset[str]:
    return frozenset(
        match["Face"][name]
        for match in matches
        if match["Similarity"]
        for name in ("FaceId", "ExternalImageId")
        if name in match["Face"]
    )


def _matched(match: Json) -> Json:
    face = {name: match["Face"][name] for name in FACE if name in match["Face"]}
    return {"Similarity": match["Similarity"], "Face": face}
