"""From tracks within segments to people: tracks that a cut in the work divided are joined, and
those of one person share an index. Nobody's name is needed for that, nor any gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from beholden.analysis.tracks import GAP_MS, MOST_MOVED, SAME_PERSON, VIEWS, moved
from beholden.domain.arrays import Float32
from beholden.domain.geometry import Box

# (quality 0..1, embedding (d,))
View = tuple[float, Float32]


@dataclass(slots=True, eq=False)
class Appearance:
    """One track over all segments seen so far. `box_px` and `last_ms` are where and when it was
    seen last; `views` are the best of all, the best first."""

    no: int
    person: int
    box_px: Box
    last_ms: int
    views: list[View] = field(default_factory=list)

    @property
    def template(self) -> Float32:
        """(d,), unit norm: the mean of the best views, each by its quality."""
        return template(self.views)

    def go_on(self, track: Mapping[str, Any]) -> None:
        self.box_px, self.last_ms = Box(*track["last_box_px"]), track["last_ms"]
        self.views = sorted([*self.views, *views(track)], key=lambda view: -view[0])[:VIEWS]


class Persons:
    """Takes segment after segment. `same_score` is the cosine from which two tracks are of one
    person, wherever in the video they are."""

    def __init__(self, same_score: float) -> None:
        self._same_score = same_score
        self._current: list[Appearance] = []
        self._tracks = 0
        self._templates: list[Float32] = []

    def add(self, tracks: Sequence[Mapping[str, Any]]) -> list[Appearance]:
        """The next segment's tracks, as appearances, in their order."""
        free = list(self._current)
        found = []
        for track in tracks:
            appearance = self._continued(track, free)
            if appearance is None:
                appearance = self._new(track)
                self._current.append(appearance)
            else:
                free.remove(appearance)
            appearance.go_on(track)
            found.append(appearance)
        return found

    def ended(self, until_ms: int) -> list[Appearance]:
        """Those that cannot go on after a segment that ended then; each is told once."""
        over = [a for a in self._current if until_ms - a.last_ms > GAP_MS]
        self._current = [a for a in self._current if a not in over]
        return over

    def rest(self) -> list[Appearance]:
        """Those that go on to the end of the video."""
        over, self._current = self._current, []
        return over

    def _continued(self, track: Mapping[str, Any], free: Sequence[Appearance]) -> Appearance | None:
        """The nearest earlier track that this one goes on with: what a tracker asks from one frame
        to the next, asked across the segments' border."""
        first = Box(*track["first_box_px"])
        own = template(views(track))
        near = [
            (distance, appearance.no, appearance)
            for appearance in free
            if 0 < track["first_ms"] - appearance.last_ms <= GAP_MS
            and (distance := moved(appearance.box_px, first)) < MOST_MOVED
            and float(appearance.template @ own) >= SAME_PERSON
        ]
        return min(near)[2] if near else None

    def _new(self, track: Mapping[str, Any]) -> Appearance:
        own = template(views(track))
        person = self._person(own)
        self._tracks += 1
        return Appearance(self._tracks, person, Box(*track["last_box_px"]), track["last_ms"])

    def _person(self, own: Float32) -> int:
        """The index of whoever looks like this most, or a new one."""
        if self._templates:
            scores = np.stack(self._templates) @ own
            best = int(scores.argmax())
            if scores[best] >= self._same_score:
                return best
        self._templates.append(own)
        return len(self._templates) - 1


def views(track: Mapping[str, Any]) -> list[View]:
    return [(quality, np.array(vector, np.float32)) for quality, vector in track["views"]]


def template(of: Sequence[View]) -> Float32:
    weights = np.array([max(quality, 1e-3) for quality, _ in of], np.float32)
    total = weights @ np.stack([vector for _, vector in of])
    unit: Float32 = (total / np.linalg.norm(total)).astype(np.float32)
    return unit
