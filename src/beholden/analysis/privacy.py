"""Pictures in which nobody can be recognised whom nobody was to recognise.

A detector misses a face now and then, and finds somebody who walks in only once they are in. So a
picture is given out one look later, when the looks before and after it are known, and a face that
was unknown in one of them is hidden where it may have been meanwhile. When in doubt it is hidden:
what may be a face, too, and whoever is not recognised yet.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2

from beholden.analysis.people import overlapping
from beholden.analysis.tracks import GAP_MS
from beholden.domain.geometry import Box
from beholden.domain.look import Look

# What is left of a hidden face and a little around it, by its own size: so many blocks a side.
BLOCKS = 4
MARGIN = 1.3
# How much larger what is hidden grows with each second since it was seen; it ends with its track.
GROWS = 5.0
MOST_MARGIN = 3.5
# What may be a face is hidden for so long before and after.
DOUBT_MS = 300
# Intersection over union, from which on two boxes are one face.
SAME_FACE = 0.3


@dataclass(frozen=True, slots=True)
class Veiled:
    """A look and what is to be hidden in it."""

    look: Look
    hidden_px: tuple[Box, ...]

    def pixels(self) -> Any:
        """(h, w, 3) uint8 RGB."""
        return without_faces(self.look.image.pixels, self.hidden_px)


class Veil:
    """For one stream: `next` takes each look, and gives the one before it. In its first second it
    only learns who is there."""

    def __init__(self) -> None:
        self._began_ms: int | None = None
        self._before: Look | None = None
        self._unknown: dict[Hashable, tuple[int, Box]] = {}
        self._doubts: list[tuple[int, Box]] = []

    def next(self, look: Look) -> Veiled | None:
        before, self._before = self._before, look
        self._doubts += [(look.timestamp_ms, box) for box in look.possible_px]
        if self._began_ms is None or before is None:
            self._began_ms = look.timestamp_ms
            return None
        self._remember(before)
        if before.timestamp_ms - self._began_ms < GAP_MS:
            return None
        return Veiled(
            before, (*self._places(before), *self._doubtful(before), *_coming(before, look))
        )

    def _remember(self, look: Look) -> None:
        """Whoever is unknown, until they are known or long gone."""
        at_ms = look.timestamp_ms
        for face in look.faces:
            if face.known:
                self._unknown.pop(face.track, None)
            else:
                self._unknown[face.track] = (at_ms, face.box_px)
        self._unknown = {
            track: (seen_ms, box)
            for track, (seen_ms, box) in self._unknown.items()
            if at_ms - seen_ms <= GAP_MS
        }
        self._doubts = [
            (seen_ms, box) for seen_ms, box in self._doubts if at_ms - seen_ms <= DOUBT_MS
        ]

    def _places(self, look: Look) -> Iterable[Box]:
        """Where whoever is unknown may be by now."""
        for seen_ms, box in self._unknown.values():
            yield grown(box, look.timestamp_ms - seen_ms)

    def _doubtful(self, look: Look) -> Iterable[Box]:
        """What may be a face, unless it is that of somebody known."""
        known = [face.box_px for face in look.faces if face.known]
        for seen_ms, box in self._doubts:
            if all(overlapping(box, other) < SAME_FACE for other in known):
                yield grown(box, abs(look.timestamp_ms - seen_ms))


def _coming(before: Look, look: Look) -> Iterable[Box]:
    """Where whoever is unknown in a look may have been before it."""
    for face in look.faces:
        if not face.known:
            yield grown(face.box_px, look.timestamp_ms - before.timestamp_ms)


def grown(box: Box, apart_ms: int) -> Box:
    """A face and what is around it: the more, the longer ago it was seen there."""
    factor = min(MARGIN + GROWS * apart_ms / 1000, MOST_MARGIN)
    width, height = box.width * factor, box.height * factor
    return Box(box.centre.x - width / 2, box.centre.y - height / 2, width, height)


def without_faces(pixels: Any, boxes: Sequence[Box]) -> Any:
    """A copy of (h, w, 3) pixels in which each box is a few blocks."""
    made = pixels.copy()
    for box in boxes:
        left, top = max(0, int(box.left)), max(0, int(box.top))
        right, bottom = max(0, int(box.right) + 1), max(0, int(box.bottom) + 1)
        face = made[top:bottom, left:right]
        if not face.size:
            continue
        blocks = cv2.resize(face, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA)
        face[:] = cv2.resize(blocks, face.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return made
