"""Looking at one frame of a video after the other, and again only where something changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from beholden.analysis.video import Json
from beholden.domain.arrays import Float32
from beholden.domain.image import Image
from beholden.ports.frames import Frame

# A frame shows what it showed if no 10 x 10 pixels of 1280 x 720 changed by more than this, of 255.
STILL_FRAME = (128, 72)
STILL_LEVELS = 4.0


class Looks:
    """Implements analysis.video.Observer: `per_second` looks at the whole frame. `look` gives what
    is found, as JSON."""

    def __init__(self, look: Callable[[Image], Any], per_second: float) -> None:
        self._look = look
        self._rate = per_second
        self._small: Float32 | None = None
        self._looks: list[tuple[int, Any]] = []

    @property
    def per_second(self) -> float:
        return self._rate

    def see(self, frame: Frame) -> None:
        image = frame.image()
        small = cv2.resize(image.pixels, STILL_FRAME, interpolation=cv2.INTER_AREA)
        small = small.astype(np.float32)
        if self._small is not None and np.abs(small - self._small).max() < STILL_LEVELS:
            found = self._looks[-1][1]
        else:
            self._small = small
            found = self._look(image)
        self._looks.append((frame.timestamp_ms, found))

    def part(self) -> Json:
        """Media time and what was found, for each look."""
        return {"looks": self._looks}
