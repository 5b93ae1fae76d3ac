"""Looking at one frame of a video after the other, and again only where something changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from beholden.analysis.changes import FINE_CELLS, Changes
from beholden.analysis.video import Json
from beholden.domain.image import Image
from beholden.ports.frames import Frame


class Looks:
    """Implements analysis.video.Observer: `per_second` looks at the whole frame. `look` gives what
    is found, as JSON."""

    def __init__(self, look: Callable[[Image], Any], per_second: float) -> None:
        self._look = look
        self._rate = per_second
        self._changes = Changes(FINE_CELLS)
        self._looks: list[tuple[int, Any]] = []

    @property
    def per_second(self) -> float:
        return self._rate

    def see(self, frame: Frame) -> None:
        image = frame.image()
        changed = self._changes.since(image)
        found = self._look(image) if changed else self._looks[-1][1]
        self._looks.append((frame.timestamp_ms, found))

    def part(self) -> Json:
        """Media time and what was found, for each look."""
        return {"looks": self._looks}
