"""Who is who from one look at a video to the next: by place, and by looks where place says little.

Looking at every pixel of every face each time is what tracking saves. The whole frame is searched
at every other look, and where a scene begins; between, each face is looked for where it was, if
anything changed there. From one look to the next a face hardly changes: its crop, aligned and
reduced to 24 x 24, correlates with the last one. Where it does not (a turned head, somebody
stepping in front), or the face's place was cut to another scene, or it was out of sight, the two
are recognised, and stay one track only if they are the same person.
Numbers: docs/decisions/0022-frames-and-tracks.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from beholden.analysis.changes import STEP_PX, Change, Changes
from beholden.analysis.details import FaceDescriber
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.following import followed, shifted
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
# A face that looks just as it did has the pose and the quality that it had; no two people do, nor
# have their pixels correlated so.
STILL_GLANCE = 0.95
MOST_TILTED_DEG = 20.0
# The whole frame is searched again after so long: at every other of five looks a second.
SEARCH_MS = 300
# A face of this confidence does not just vanish.
SURE_FACE = 0.8
# Two faces this near to each other, in their sizes, are one face found twice.
TWICE_FOUND = 0.4
# Far below any threshold of a search: it only has to tell two people in the same place apart.
SAME_PERSON = 0.3
VIEWS = 3
# Views as alike as this say the same thing twice: one stands for them, unless it is much worse.
SAME_VIEW = 0.9
BETTER_VIEW = 1.2
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
    """One face over frames: how it was last seen, when it looked how, its best views first.
    `described` is the sighting that pose and quality were last measured of."""

    last: Sighting
    seen: list[tuple[int, FaceDetails]] = field(default_factory=list)
    views: list[Sighting] = field(default_factory=list)
    described: Sighting | None = None

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
        self._show(sighting)

    def stay(self, at_ms: int) -> None:
        """It is as it was."""
        self.seen.append((at_ms, self.details))

    def _show(self, new: Sighting) -> None:
        """Keep the best views of those that differ."""
        like = next((view for view in self.views if alike(view, new) >= SAME_VIEW), None)
        if like is not None and new.quality < BETTER_VIEW * like.quality:
            return
        others = [view for view in self.views if view is not like]
        self.views = sorted([*others, new], key=lambda view: -view.quality)[:VIEWS]


class FaceTracker:
    """Joins the faces of one frame after the other into tracks."""

    def __init__(self, faces: FaceAnalysis, describer: FaceDescriber) -> None:
        self._faces = faces
        self._describer = describer
        self._changes = Changes(step_px=STEP_PX)
        self._searched_ms = 0
        # Whether anything changed since the whole frame was searched.
        self._unsearched = False
        self._present: list[Track] = []
        self.tracks: list[Track] = []

    def look(self, at_ms: int, image: Image) -> None:
        """The next frame."""
        change = self._changes.since(image)
        self._unsearched |= bool(change)
        if not self._unsearched:
            self._stay(at_ms, self._present)
        elif change.cut or at_ms - self._searched_ms >= SEARCH_MS:
            self._search(at_ms, image, change)
        else:
            self._follow(at_ms, image, change)

    def _search(self, at_ms: int, image: Image, change: Change) -> None:
        self._searched_ms, self._unsearched = at_ms, False
        self._present = self._join(at_ms, image, self._faces.detect(image), change)

    def _follow(self, at_ms: int, image: Image, change: Change) -> None:
        """Look where each face was; one that nothing changed around is there. If a face that was
        surely one is lost, search."""
        moving = [track for track in self._present if change.touches(track.last.face.box_px)]
        found: list[FaceDetection] = []
        for track in moving:
            before = track.last.face
            face = self._found_again(image, track.last)
            if face is None and before.confidence >= SURE_FACE:
                self._search(at_ms, image, change)
                return
            if face and all(moved(face.box_px, one.box_px) > TWICE_FOUND for one in found):
                found.append(face)
        still = [track for track in self._present if track not in moving]
        self._stay(at_ms, still)
        self._present = still + self._join(at_ms, image, found, change)

    def _found_again(self, image: Image, before: Sighting) -> FaceDetection | None:
        """By its pixels or, where they changed, by a detector that looks closely."""
        face = followed(before.crop, before.in_crop, before.face, image)
        return face or self._faces.closer(image, before.face)

    def _stay(self, at_ms: int, tracks: Sequence[Track]) -> None:
        for track in tracks:
            track.stay(at_ms)

    def _join(
        self, at_ms: int, image: Image, found: Sequence[FaceDetection], change: Change
    ) -> list[Track]:
        """Each face goes on with its track, or begins one."""
        new = [sighting(image, face) for face in found]
        current = [track for track in self.tracks if 0 < at_ms - track.last_ms <= GAP_MS]
        pairs = self._pairs(current, new, change)
        present = []
        for one in new:
            track = pairs.get(id(one))
            if track is None:
                track = Track(one)
                self.tracks.append(track)
            track.add(at_ms, one, self._details(image, one, track))
            present.append(track)
        return present

    def _details(self, image: Image, new: Sighting, track: Track) -> FaceDetails:
        """Measured, unless the face looks as it did when it was."""
        if track.described is not None and alike(track.described, new) >= STILL_GLANCE:
            before = track.details
            if abs(before.pose.roll_deg) < MOST_TILTED_DEG:
                landmarks = five_landmarks(new.face.landmarks_px)
                return replace(before, detection=new.face, landmarks_px=landmarks)
        track.described = new
        return self._describer.describe(image, [new.face], NO_ATTRIBUTES)[0]

    def embedding(self, view: Sighting) -> Float32:
        """(d,), unit norm."""
        if view.embedding is None:
            view.embedding = self._faces.embed(view.crop, [view.in_crop])[0][0]
        return view.embedding

    def _pairs(
        self, tracks: Sequence[Track], new: Sequence[Sighting], change: Change
    ) -> dict[int, Track]:
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
            if free and self._same(tracks[i], new[j], change):
                pairs[id(new[j])] = tracks[i]
        return pairs

    def _same(self, track: Track, new: Sighting, change: Change) -> bool:
        """By a glance or by its pixels or, where these say little or others may have taken the
        place, recognised."""
        in_sight = track in self._present and not change.cut
        least = STILL_GLANCE if change.cut_at(new.face.box_px) else SURE_GLANCE
        if in_sight and (alike(track.last, new) >= least or _goes_on(track.last, new)):
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
    in_crop = shifted(face, -left, -top)
    return Sighting(face, glance(image, face), Image(pixels.copy(), image.digest), in_crop)


def glance(image: Image, face: FaceDetection) -> Float32:
    """The face aligned, grey and reduced to (24, 24), zero-mean, of unit norm."""
    crop = cv2.cvtColor(align(image.pixels, face.landmarks_px[None])[0], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(crop, (GLANCE_PX, GLANCE_PX), interpolation=cv2.INTER_AREA)
    centred = small.astype(np.float32) - np.float32(small.mean())
    unit: Float32 = centred / max(float(np.linalg.norm(centred)), 1e-6)
    return unit


def _goes_on(before: Sighting, now: Sighting) -> bool:
    """Whether the pixels of the one are where the other is."""
    there = followed(before.crop, before.in_crop, now.in_crop, now.crop, STILL_GLANCE)
    return there is not None


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
