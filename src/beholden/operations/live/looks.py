"""What is found in the next picture of a camera: each a streams.lookout.Looker, in the worker.

Faces are followed from picture to picture. What a face is searched by leaves the worker once it is
first seen well, and again when it is seen much better; of one that nobody searches for, nothing but
where it is and how well it is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from beholden.analysis.details import FaceDescriber
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.headcount import HeadCount
from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.people import PersonTrack
from beholden.analysis.tracks import GAP_MS, FaceTracker, Track
from beholden.domain.arrays import Float32
from beholden.domain.image import Image
from beholden.operations import _present
from beholden.operations.live._sight import Sight

Json = dict[str, Any]

# 0..1, see analysis.tracks.worth: a worse view than this is waited out.
LEAST_WORTH = 0.05
# A view that is better by this factor is searched for again.
BETTER = 1.3


@dataclass(slots=True)
class _Followed:
    """The number of a track, and how good the view was that it was searched by."""

    no: int
    worth: float = 0.0


class FaceLooks:
    """Every face in the picture, and the numbers of all tracks that may go on."""

    def __init__(self, faces: FaceAnalysis, describer: FaceDescriber) -> None:
        self._tracker = FaceTracker(faces, describer)
        self._followed: dict[Track, _Followed] = {}
        self._count = 0

    def __call__(self, at_ms: int, image: Image) -> Json:
        self._tracker.look(at_ms, image)
        self._forget(at_ms)
        seen = [track for track in self._followed if track.last_ms == at_ms]
        return {
            "faces": [self._face(track, image) for track in seen],
            "tracks": [followed.no for followed in self._followed.values()],
        }

    def _forget(self, at_ms: int) -> None:
        """Who is out of sight, and how anybody looked before."""
        tracker, before = self._tracker, self._followed
        tracker.tracks = [one for one in tracker.tracks if at_ms - one.last_ms <= GAP_MS]
        self._followed = {one: before.get(one) or self._new() for one in tracker.tracks}
        for track in tracker.tracks:
            del track.seen[:-1]

    def _new(self) -> _Followed:
        self._count += 1
        return _Followed(self._count)

    def _face(self, track: Track, image: Image) -> Json:
        """With a probe where it was not seen as well before."""
        followed, view = self._followed[track], track.views[0]
        told: Json = {
            "track": followed.no,
            "box_px": [float(side) for side in astuple(track.last.face.box_px)],
            "detected": _present.compared_face(track.details, image),
        }
        if view.quality >= max(LEAST_WORTH, BETTER * followed.worth):
            followed.worth = view.quality
            told["probe"] = self._template(track).tolist()
            told["crop"] = hashlib.sha256(view.crop.pixels.tobytes()).hexdigest()
        return told

    def _template(self, track: Track) -> Float32:
        """(d,), unit norm: the best views, each by its quality."""
        views = np.stack([self._tracker.embedding(view) for view in track.views])
        weights = np.array([view.quality for view in track.views], np.float32)
        mean: Float32 = weights @ views
        return mean / np.float32(np.linalg.norm(mean))


class LabelLooks:
    """By kind: how many are in view, in any region, and which is the surest."""

    def __init__(self, labels: LabelAnalysis, request: Mapping[str, Any]) -> None:
        self._sight = Sight(labels, request)

    def __call__(self, at_ms: int, image: Image) -> Json:  # noqa: ARG002
        return {
            kind: {
                "number": len(found),
                "box_px": [float(side) for side in astuple(found[0].box_px)],
                "confidence": float(found[0].confidence),
            }
            for kind, found in self._sight.of(image).items()
        }


class CountLooks:
    """How many are there, of each kind, and how many came. No face is looked for, and nobody is
    told from anybody else but by place and clothes."""

    def __init__(self, labels: LabelAnalysis, request: Mapping[str, Any]) -> None:
        self._sight = Sight(labels, request)
        self._counts = {kind: HeadCount() for kind in self._sight.kinds}

    def __call__(self, at_ms: int, image: Image) -> Json:
        found = self._sight.of(image)
        there = {
            kind: count.look(at_ms, image, found.get(kind, ()))
            for kind, count in self._counts.items()
        }
        return {
            "InView": {kind: len(tracks) for kind, tracks in there.items()},
            "Regions": {kind: self._by_region(tracks, image) for kind, tracks in there.items()},
            "Entries": {kind: count.entries for kind, count in self._counts.items()},
        }

    def _by_region(self, tracks: Sequence[PersonTrack], image: Image) -> list[int]:
        """How many are in each region of interest."""
        inside = [self._sight.in_regions(track.last.box_px, image) for track in tracks]
        return [sum(one[region] for one in inside) for region in range(self._sight.regions)]
