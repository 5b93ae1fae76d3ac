"""Where a video's picture is not what it was at the last look."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Float32
from beholden.domain.geometry import Box
from beholden.domain.image import Image

# Columns and rows: a cell is 20 x 20 pixels of 1280 x 720.
CELLS = (64, 36)
# Every fourth pixel of every fourth row tells the mean of a cell well enough.
STEP_PX = 4
# A cell whose mean moved by less than this, of 255, is as it was.
STILL_LEVELS = 4.0
# Where the whole picture moves by this on average, another scene begins.
CUT_LEVELS = 20.0


@dataclass(frozen=True, slots=True)
class Change:
    """`cells` (36, 64) tells where something changed, `levels` by how much of 255 on average; a
    cell is `cell_px` wide and high."""

    cells: NDArray[np.bool_]
    levels: float
    cell_px: tuple[float, float]

    @property
    def cut(self) -> bool:
        return self.levels >= CUT_LEVELS

    def __bool__(self) -> bool:
        return bool(self.cells.any())

    def touches(self, box_px: Box) -> bool:
        """Whether anything changed in or right beside a box."""
        width, height = self.cell_px
        rows = slice(max(0, int(box_px.top / height) - 1), int(box_px.bottom / height) + 2)
        columns = slice(max(0, int(box_px.left / width) - 1), int(box_px.right / width) + 2)
        return bool(self.cells[rows, columns].any())


class Changes:
    """Compares each picture with what its cells were when they changed last: what creeps is noticed
    in the end."""

    def __init__(self) -> None:
        self._before: Float32 | None = None

    def since(self, image: Image) -> Change:
        """Since the last image; everything, if it is the first."""
        sampled = np.ascontiguousarray(image.pixels[::STEP_PX, ::STEP_PX])
        now = cv2.resize(sampled, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32)
        before = np.full_like(now, np.inf) if self._before is None else self._before
        moved = np.abs(now - before)
        cells = moved.max(axis=2) >= STILL_LEVELS
        self._before = np.where(cells[..., None], now, before)
        cell_px = (image.width_px / CELLS[0], image.height_px / CELLS[1])
        return Change(cells, float(moved.mean()), cell_px)
