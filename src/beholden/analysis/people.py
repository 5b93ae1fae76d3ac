"""Following people from one look at a video to the next: by place, by how they move, and by what
they wear. Numbers beside frame-by-frame association: docs/decisions/0027-person-tracks.md.

The surest detections are matched first, and open tracks; doubtful ones only go on with a track
(Zhang et al., ByteTrack, 2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.face import FaceDetails
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance
from beholden.vision.clothes import clothes

# From this confidence on a detection opens a track; from this one on it may go on with one.
OPENS, CONTINUES = 0.35, 0.15
# One of two boxes is the same person, or a group, if so much of the smaller lies in the other.
INSIDE = 0.75
# Somebody who is not seen may come back for so long, so many own sizes a second away at most.
GAP_MS = 3000
REACH = 0.6
LEAST_OVERLAP = 0.1
MOST_SCALED = 1.6
# Alike in clothes: so much at least, where the place fits; so much where only the reach does.
FITS, ALIKE = 0.6, 0.85
# Of what is new at each look: of how fast somebody moves, of what they seem to wear.
SWIFT, FRESH = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class Sighting:
    """One person at one time, with their face where it was seen."""

    at_ms: int
    box_px: Box
    confidence: float
    face: FaceDetails | None = None


@dataclass(slots=True, eq=False)
class PersonTrack:
    """One person over frames. `clothes` (1024,) is of unit norm; `speed` is in pixels a second."""

    clothes: Float32
    seen: list[Sighting] = field(default_factory=list)
    speed: tuple[float, float] = (0.0, 0.0)
    face_worth: float = 0.0
    template: Float32 | None = None

    @property
    def last(self) -> Sighting:
        return self.seen[-1]

    def expected(self, at_ms: int) -> Box:
        """Where they would be if they had gone on as they did."""
        box, seconds = self.last.box_px, (at_ms - self.last.at_ms) / 1000
        left, top = box.left + self.speed[0] * seconds, box.top + self.speed[1] * seconds
        return Box(left, top, box.width, box.height)

    def add(self, sighting: Sighting, worn: Float32) -> None:
        if self.seen:
            self._move(sighting)
            mixed = (1 - FRESH) * self.clothes + FRESH * worn
            self.clothes = (mixed / math.sqrt(float(mixed @ mixed))).astype(np.float32)
        self.seen.append(sighting)

    def stay(self, at_ms: int) -> None:
        """Nothing moved since they were seen last."""
        self.seen.append(replace(self.last, at_ms=at_ms))

    def show(self, face: FaceDetails) -> None:
        """Their face was seen, too, when they were seen last."""
        self.seen[-1] = replace(self.last, face=face)

    def _move(self, sighting: Sighting) -> None:
        before, after = self.last.box_px.centre, sighting.box_px.centre
        seconds = max(1e-3, (sighting.at_ms - self.last.at_ms) / 1000)
        now = ((after.x - before.x) / seconds, (after.y - before.y) / seconds)
        old = self.speed if len(self.seen) > 1 else now
        self.speed = (
            (1 - SWIFT) * old[0] + SWIFT * now[0],
            (1 - SWIFT) * old[1] + SWIFT * now[1],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _New:
    found: Instance
    worn: Float32


class PersonTracker:
    """Joins the people of one frame after the other into tracks."""

    def __init__(self) -> None:
        self.tracks: list[PersonTrack] = []

    def look(
        self, at_ms: int, image: Image, people: Sequence[Instance]
    ) -> list[tuple[PersonTrack, Instance]]:
        """The next frame, and all that may be people in it: who is there."""
        new = [_New(one, clothes(image.pixels, one.box_px)) for one in apart(people)]
        current = [t for t in self.tracks if at_ms - t.last.at_ms <= GAP_MS]
        sure = [one for one in new if one.found.confidence >= OPENS]
        doubtful = [one for one in new if one.found.confidence < OPENS]
        pairs = _pairs(current, sure, at_ms)
        gone_on = {track for track, _ in pairs}
        pairs += _pairs([track for track in current if track not in gone_on], doubtful, at_ms)
        taken = {one for _, one in pairs}
        for one in sure:
            if one not in taken:
                self.tracks.append(PersonTrack(one.worn))
                pairs.append((self.tracks[-1], one))
        for track, one in pairs:
            track.add(Sighting(at_ms, one.found.box_px, one.found.confidence), one.worn)
        return [(track, one.found) for track, one in pairs]


def apart(people: Sequence[Instance]) -> list[Instance]:
    """The surest first, without boxes that are another's person again, or a group."""
    kept: list[Instance] = []
    for one in sorted(people, key=lambda one: -one.confidence):
        if one.confidence >= CONTINUES and all(
            shared(one.box_px, other.box_px) < INSIDE * min(one.box_px.area, other.box_px.area)
            for other in kept
        ):
            kept.append(one)
    return kept


def _pairs(
    tracks: Sequence[PersonTrack], new: Sequence[_New], at_ms: int
) -> list[tuple[PersonTrack, _New]]:
    """Who goes on as whom: the best fit first, each once."""
    fits = [
        (fit, i, j)
        for i, track in enumerate(tracks)
        for j, one in enumerate(new)
        if (fit := _fit(track, one, at_ms)) > 0
    ]
    pairs: dict[int, int] = {}
    for _, i, j in sorted(fits, reverse=True):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [(tracks[i], new[j]) for i, j in pairs.items()]


def _fit(track: PersonTrack, one: _New, at_ms: int) -> float:
    """How well a detection goes on with a track, 0 if it cannot."""
    expected, box = track.expected(at_ms), one.found.box_px
    alike = float(track.clothes @ one.worn)
    overlap = max(overlapping(expected, box), overlapping(track.last.box_px, box))
    if overlap >= LEAST_OVERLAP and alike >= FITS:
        return 1 + overlap + alike
    seconds = (at_ms - track.last.at_ms) / 1000
    return alike if alike >= ALIKE and near(track.last.box_px, box, seconds) else 0.0


def near(before: Box, after: Box, seconds: float) -> bool:
    """Whether somebody can have gone from one place to the other meanwhile, by their own size."""
    size = max(before.height, after.height)
    if size > MOST_SCALED * min(before.height, after.height):
        return False
    steps = math.hypot(after.centre.x - before.centre.x, after.centre.y - before.centre.y)
    return steps <= REACH * size * max(seconds, 1.0)


def shared(one: Box, other: Box) -> float:
    """The area that two boxes have in common."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)


def overlapping(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    common = shared(one, other)
    return common / max(one.area + other.area - common, 1e-9)
