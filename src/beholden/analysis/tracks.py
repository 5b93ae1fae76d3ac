"""Who is who from one look at a video to the next: by place, and by looks where place says little.

Looking at every pixel of every face each time is what tracking saves. From one look to the next a
face hardly changes: its crop, aligned and reduced to 24 x 24, correlates with the last one. Where
it does not (a cut, a turned head, somebody stepping in front), the two are recognised, and stay
one track only if they are the same person. Numbers: docs/decisions/0022-frames-and-tracks.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from beholden.analysis.details import FaceDescriber
from beholden.analysis.faces import FaceAnalysis
from beholden.domain.arrays import Float32
from beholden.domain.face import FaceDetails, FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.vision.alignment import align
from beholden.vision.landmarks import five_landmarks

# A face that moved by more than its own size, or changed it by more than a factor, is another.
MOST_MOVED = 1.0
MOST_SCALED = 1.8
# A track goes on after so long out of sight.
GAP_MS = 1000
GLANCE_PX = 24
SURE_GLANCE = 0.75
# A face that looks just as it did has the pose and the quality that it had.
STILL_GLANCE = 0.98
MOST_TILTED_DEG = 20.0
# A frame is as it was if no 20 x 20 pixels of 1280 x 720 changed by more than this, of 255.
STILL_FRAME = (64, 36)
STILL_LEVELS = 4.0
# Far below any threshold of a search: it only has to tell two people in the same place apart.
SAME_PERSON = 0.3
VIEWS = 3
VIEW_CONTEXT = 2.2
NO_ATTRIBUTES: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Sighting:
    """One face in one frame.

    `glance` (24, 24) is what it looks like, zero-mean, of unit norm. `crop` and `in_crop` are the
    face cut out with what is around it, so that it can be recognised later: `embedding` (d,), once.
    `quality` is 0..1 once the face is described.
    """

    face: FaceDetection
    glance: Float32
    crop: Image
    in_crop: FaceDetection
    embedding: Float32 | None = None
    quality: float = 0.0


@dataclass(slots=True, eq=False)
class Track:
    """One face over frames: how it was last seen, when it looked how, its best views first."""

    last: Sighting
    seen: list[tuple[int, FaceDetails]] = field(default_factory=list)
    views: list[Sighting] = field(default_factory=list)

    @property
    def last_ms(self) -> int:
        return self.seen[-1][0]

    @property
    def details(self) -> FaceDetails:
        return self.seen[-1][1]

    def add(self, at_ms: int, sighting: Sighting, details: FaceDetails) -> None:
        sighting.quality = worth(details)
        self.last = sighting
        self.seen.append((at_ms, details))
        ranked = sorted([*self.views, sighting], key=lambda view: -view.quality)
        self.views = ranked[:VIEWS]


class FaceTracker:
    """Joins the faces of one frame after the other into tracks."""

    def __init__(self, faces: FaceAnalysis, describer: FaceDescriber) -> None:
        self._faces = faces
        self._describer = describer
        self._small: Float32 | None = None
        self._present: list[Track] = []
        self.tracks: list[Track] = []

    def look(self, at_ms: int, image: Image) -> None:
        """The next frame."""
        small = cv2.resize(image.pixels, STILL_FRAME, interpolation=cv2.INTER_AREA)
        small = small.astype(np.float32)
        if self._small is not None and np.abs(small - self._small).max() < STILL_LEVELS:
            self._stay(at_ms)
            return
        self._small = small
        self._follow(at_ms, image, self._faces.detect(image))

    def _stay(self, at_ms: int) -> None:
        """Nothing moved: whoever was there at the last look is there."""
        for track in self._present:
            track.seen.append((at_ms, track.details))

    def _follow(self, at_ms: int, image: Image, found: Sequence[FaceDetection]) -> None:
        new = [sighting(image, face) for face in found]
        current = [track for track in self.tracks if at_ms - track.last_ms <= GAP_MS]
        pairs = self._pairs(current, new)
        self._present = []
        for one in new:
            track = pairs.get(id(one))
            details = self._details(image, one, track)
            if track is None:
                track = Track(one)
                self.tracks.append(track)
            track.add(at_ms, one, details)
            self._present.append(track)

    def _details(self, image: Image, new: Sighting, track: Track | None) -> FaceDetails:
        """Measured, unless the face looks as it did."""
        if track is not None and alike(track.last, new) >= STILL_GLANCE:
            before = track.details
            if abs(before.pose.roll_deg) < MOST_TILTED_DEG:
                landmarks = five_landmarks(new.face.landmarks_px)
                return replace(before, detection=new.face, landmarks_px=landmarks)
        return self._describer.describe(image, [new.face], NO_ATTRIBUTES)[0]

    def embedding(self, view: Sighting) -> Float32:
        """(d,), unit norm."""
        if view.embedding is None:
            view.embedding = self._faces.embed(view.crop, [view.in_crop])[0][0]
        return view.embedding

    def _pairs(self, tracks: Sequence[Track], new: Sequence[Sighting]) -> dict[int, Track]:
        """Which track each sighting, by its id(), goes on with: the nearest first, each once."""
        near = [
            (distance, i, j)
            for i, track in enumerate(tracks)
            for j, one in enumerate(new)
            if (distance := moved(track.last.face.box_px, one.face.box_px)) < MOST_MOVED
        ]
        pairs: dict[int, Track] = {}
        for _, i, j in sorted(near):
            free = id(new[j]) not in pairs and tracks[i] not in pairs.values()
            if free and self._same(tracks[i], new[j]):
                pairs[id(new[j])] = tracks[i]
        return pairs

    def _same(self, track: Track, new: Sighting) -> bool:
        """By a glance or, where that says little, recognised."""
        if alike(track.last, new) >= SURE_GLANCE:
            return True
        known = [view for view in track.views if view.embedding is not None] or track.views[:1]
        probe = self.embedding(new)
        return max(float(self.embedding(view) @ probe) for view in known) >= SAME_PERSON


def moved(before: Box, after: Box) -> float:
    """How far a box moved, in sizes of the larger; infinite if it is not of a size any more."""
    sizes = sorted((math.sqrt(before.area), math.sqrt(after.area)))
    if sizes[0] <= 0 or sizes[1] / sizes[0] > MOST_SCALED:
        return math.inf
    shift = (after.centre.x - before.centre.x, after.centre.y - before.centre.y)
    return math.hypot(*shift) / sizes[1]


def sighting(image: Image, face: FaceDetection) -> Sighting:
    box = face.box_px
    half = VIEW_CONTEXT * max(box.width, box.height) / 2
    left, top = max(0, int(box.centre.x - half)), max(0, int(box.centre.y - half))
    pixels = image.pixels[top : int(box.centre.y + half) + 1, left : int(box.centre.x + half) + 1]
    in_crop = FaceDetection(
        Box(box.left - left, box.top - top, box.width, box.height),
        face.confidence,
        (face.landmarks_px - (left, top)).astype(np.float32),
    )
    return Sighting(face, glance(image, face), Image(pixels.copy(), image.digest), in_crop)


def glance(image: Image, face: FaceDetection) -> Float32:
    """The face aligned, grey and reduced to (24, 24), zero-mean, of unit norm."""
    crop = cv2.cvtColor(align(image.pixels, face.landmarks_px[None])[0], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(crop, (GLANCE_PX, GLANCE_PX), interpolation=cv2.INTER_AREA)
    centred = small.astype(np.float32) - np.float32(small.mean())
    unit: Float32 = centred / max(float(np.linalg.norm(centred)), 1e-6)
    return unit


def alike(one: Sighting, other: Sighting) -> float:
    """-1..1: the correlation of two glances."""
    return float((one.glance * other.glance).sum())


def worth(details: FaceDetails) -> float:
    """0..1, how good a view is to recognise somebody by: frontal, large, sharp, surely a face."""
    frontal = math.cos(math.radians(details.pose.yaw_deg)) * math.cos(
        math.radians(details.pose.pitch_deg)
    )
    size = min(1.0, math.sqrt(details.detection.box_px.area) / 112)
    sharp = 0.5 + details.quality.sharpness_pct / 200
    return max(0.0, frontal) * size * sharp * details.detection.confidence
