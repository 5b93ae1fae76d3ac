"""Who is who from one look at a video to the next: by place, and by looks where place says little.

Looking at every pixel of every face each time is what tracking saves. From one look to the next a
face hardly changes: its crop, aligned and reduced to 24 x 24, correlates with the last one. Where
it does not (a cut, a turned head, somebody stepping in front), the two are recognised, and stay
one track only if they are the same person. Numbers: docs/decisions/0022-frames-and-tracks.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from beholden.analysis.faces import FaceAnalysis
from beholden.domain.arrays import Float32
from beholden.domain.face import FaceDetails, FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.vision.alignment import align

# A face that moved by more than its own size, or changed it by more than a factor, is another.
MOST_MOVED = 1.0
MOST_SCALED = 1.8
# A track goes on after so long out of sight.
GAP_MS = 1000
GLANCE_PX = 24
SURE_GLANCE = 0.75
# Far below any threshold of a search: it only has to tell two people in the same place apart.
SAME_PERSON = 0.3
VIEWS = 3
VIEW_CONTEXT = 2.2


@dataclass(slots=True, eq=False)
class View:
    """A face cut out with what is around it, to be recognised later: `embedding` (d,), once."""

    quality: float
    image: Image
    detection: FaceDetection
    embedding: Float32 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One face in one frame. `glance` (24, 24) is zero-mean, of unit norm."""

    at_ms: int
    details: FaceDetails
    glance: Float32
    view: View

    @property
    def box_px(self) -> Box:
        return self.details.detection.box_px


@dataclass(slots=True, eq=False)
class Track:
    """One face over frames: when it looked how, where it was last, its best views first."""

    last: Sighting
    seen: list[tuple[int, FaceDetails]] = field(default_factory=list)
    views: list[View] = field(default_factory=list)

    def add(self, sighting: Sighting) -> None:
        self.last = sighting
        self.seen.append((sighting.at_ms, sighting.details))
        ranked = sorted([*self.views, sighting.view], key=lambda view: -view.quality)
        self.views = ranked[:VIEWS]


class FaceTracker:
    """Joins the faces of one frame after the other into tracks."""

    def __init__(self, faces: FaceAnalysis) -> None:
        self._faces = faces
        self.tracks: list[Track] = []

    def add(self, at_ms: int, image: Image, found: Sequence[FaceDetails]) -> None:
        """The faces of the next frame looked at."""
        new = [sighting(at_ms, image, details) for details in found]
        current = [t for t in self.tracks if at_ms - t.last.at_ms <= GAP_MS]
        for track, seen in self._pairs(current, new):
            track.add(seen)
            new.remove(seen)
        for seen in new:
            self.tracks.append(Track(seen))
            self.tracks[-1].add(seen)

    def embedding(self, view: View) -> Float32:
        """(d,), unit norm."""
        if view.embedding is None:
            view.embedding = self._faces.embed(view.image, [view.detection])[0][0]
        return view.embedding

    def _pairs(
        self, tracks: Sequence[Track], new: Sequence[Sighting]
    ) -> list[tuple[Track, Sighting]]:
        """The nearest first; each track and each face once."""
        near = [
            (distance, i, j)
            for i, track in enumerate(tracks)
            for j, seen in enumerate(new)
            if (distance := moved(track.last.box_px, seen.box_px)) < MOST_MOVED
        ]
        pairs: list[tuple[Track, Sighting]] = []
        taken: set[tuple[str, int]] = set()
        for _, i, j in sorted(near):
            if {("track", i), ("face", j)} & taken or not self._same(tracks[i], new[j]):
                continue
            taken |= {("track", i), ("face", j)}
            pairs.append((tracks[i], new[j]))
        return pairs

    def _same(self, track: Track, seen: Sighting) -> bool:
        if float((track.last.glance * seen.glance).sum()) >= SURE_GLANCE:
            return True
        probe = self.embedding(seen.view)
        return max(float(self.embedding(v) @ probe) for v in track.views) >= SAME_PERSON


def moved(before: Box, after: Box) -> float:
    """How far a box moved, in sizes of the larger; infinite if it is not of a size any more."""
    sizes = sorted((math.sqrt(before.area), math.sqrt(after.area)))
    if sizes[0] <= 0 or sizes[1] / sizes[0] > MOST_SCALED:
        return math.inf
    shift = (after.centre.x - before.centre.x, after.centre.y - before.centre.y)
    return math.hypot(*shift) / sizes[1]


def sighting(at_ms: int, image: Image, details: FaceDetails) -> Sighting:
    detection = details.detection
    crop = cv2.cvtColor(align(image.pixels, detection.landmarks_px[None])[0], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(crop, (GLANCE_PX, GLANCE_PX), interpolation=cv2.INTER_AREA)
    centred = small.astype(np.float32) - small.mean()
    glance = centred / max(float(np.linalg.norm(centred)), 1e-6)
    return Sighting(at_ms, details, glance, _view(image, details))


def _view(image: Image, details: FaceDetails) -> View:
    detection = details.detection
    box = detection.box_px
    half = VIEW_CONTEXT * max(box.width, box.height) / 2
    left, top = max(0, int(box.centre.x - half)), max(0, int(box.centre.y - half))
    pixels = image.pixels[top : int(box.centre.y + half) + 1, left : int(box.centre.x + half) + 1]
    shifted = FaceDetection(
        Box(box.left - left, box.top - top, box.width, box.height),
        detection.confidence,
        (detection.landmarks_px - (left, top)).astype(np.float32),
    )
    return View(worth(details), Image(pixels.copy(), image.digest), shifted)


def worth(details: FaceDetails) -> float:
    """0..1, how good a view is to recognise somebody by: frontal, large, sharp, surely a face."""
    frontal = math.cos(math.radians(details.pose.yaw_deg)) * math.cos(
        math.radians(details.pose.pitch_deg)
    )
    size = min(1.0, math.sqrt(details.detection.box_px.area) / 112)
    sharp = 0.5 + details.quality.sharpness_pct / 200
    return max(0.0, frontal) * size * sharp * details.detection.confidence
