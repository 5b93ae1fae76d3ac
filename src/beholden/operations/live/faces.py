"""Face search on live pictures: AWS's record, for each frame that was looked at.

Faces are followed from frame to frame. Each is searched for once, when it is first seen well, and
again when it is seen much better. What a search finds is restricted and logged by the gate before
it stands in any record; the records after it repeat what the log has. Of a face that matches nobody
nothing is kept but its track, in memory, for a second after it was last seen; beyond a household it
stands in no record, either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from beholden.analysis.pictures import face_picture
from beholden.analysis.tracks import GAP_MS, FaceTracker, Track
from beholden.domain.access import Grant
from beholden.domain.arrays import Float32
from beholden.domain.face import Collection
from beholden.domain.image import Image
from beholden.domain.lead import Probe
from beholden.domain.look import Look, SeenFace
from beholden.domain.profile import Profile
from beholden.domain.stream import StreamProcessor
from beholden.gate.call import Call
from beholden.gate.registry import Response
from beholden.operations import _present
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.enrolment import usable
from beholden.operations.live._input import input_information
from beholden.operations.search import Search, face_matches
from beholden.operations.streams import face_search
from beholden.ports.live import LiveFrame, Screen

Json = dict[str, Any]
# Restricts, records and releases what was found (Gate.release).
Release = Callable[[Call, Response], Response]

# Frames a second that are looked at: with fewer, whoever walks by is seen too seldom.
PER_SECOND = 5.0
MOST_MATCHES = 5
# 0..1, see analysis.tracks.worth: a worse view than this is waited out.
LEAST_WORTH = 0.05
# A view that is better by this factor is searched for again.
BETTER = 1.3
# What Rekognition's record tells of a matched face.
FACE = ("BoundingBox", "FaceId", "Confidence", "ImageId", "ExternalImageId")


@dataclass(slots=True)
class _Known:
    """What is known of a track: how good the view was that was searched for, which faces (ids) it
    was like, and what was released of that. `shown` are those matches that still hold."""

    worth: float = 0.0
    found: frozenset[str] = frozenset()
    matches: list[Json] = field(default_factory=list)
    shown: list[Json] = field(default_factory=list)


class FaceWatch:
    """Implements streams.work.Watch."""

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
        self._tracker = FaceTracker(services.analysis, services.describer)
        self._known: dict[Track, _Known] = {}
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

    def see(self, frame: LiveFrame) -> Json:
        image, at_ms = frame.image(), frame.timestamp_ms
        self._tracker.look(at_ms, image)
        self._forget(at_ms)
        seen = [track for track in self._tracker.tracks if track.last_ms == at_ms]
        found = [(track, self._who(track, image)) for track in seen]
        shown = tuple(_shown(track, matches) for track, matches in found)
        self._screen.show(Look(image, frame.received_at, at_ms, shown))
        faces = [
            {"DetectedFace": _present.compared_face(track.details, image), "MatchedFaces": matches}
            for track, matches in found
            if matches or not self._leaves_out
        ]
        return {
            "InputInformation": input_information(self._processor, frame),
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

    def _forget(self, at_ms: int) -> None:
        """Who is out of sight, and how anybody looked before."""
        tracker = self._tracker
        tracker.tracks = [one for one in tracker.tracks if at_ms - one.last_ms <= GAP_MS]
        for track in tracker.tracks:
            del track.seen[:-1]
        self._known = {one: self._known[one] for one in tracker.tracks if one in self._known}

    def _who(self, track: Track, image: Image) -> list[Json]:
        """MatchedFaces of a track. It is searched for where it was not seen as well before."""
        known = self._known.get(track)
        if known is None:
            known = self._known[track] = _Known()
            self._faces += 1
        best = track.views[0].quality
        if best >= max(LEAST_WORTH, BETTER * known.worth):
            known.worth = best
            self._search(track, image, known)
        return known.shown

    def _search(self, track: Track, image: Image, known: _Known) -> None:
        """What was found before and is found again says nothing new; what is not, falls."""
        call = Call(new_id(), self._grant)
        search = Search(
            self._collection,
            self._template(track),
            MOST_MATCHES,
            self._threshold_pct(),
            self._probe(track, image),
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

    def _template(self, track: Track) -> Float32:
        """(d,), unit norm: the best views, each by its quality."""
        views = np.stack([self._tracker.embedding(view) for view in track.views])
        weights = np.array([view.quality for view in track.views], np.float32)
        mean: Float32 = weights @ views
        return mean / np.float32(np.linalg.norm(mean))

    def _probe(self, track: Track, image: Image) -> Probe:
        """A picture is made only where somebody will look at it, and kept only with a lead."""
        view = track.views[0]
        logged = self._services.hashes.of(hashlib.sha256(view.crop.pixels.tobytes()).digest())
        reviewed = self._grant.query.context.get("review")
        picture = face_picture(image, track.last.face.box_px) if reviewed else None
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


def _shown(track: Track, matches: list[Json]) -> SeenFace:
    """The likeliest, by name; a lead (similarity 0) names nobody."""
    for match in matches[:1]:
        if match["Similarity"]:
            name = match["Face"].get("ExternalImageId", match["Face"]["FaceId"])
            return SeenFace(track, track.last.face.box_px, name, match["Similarity"], _ids(matches))
    return SeenFace(track, track.last.face.box_px)


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
