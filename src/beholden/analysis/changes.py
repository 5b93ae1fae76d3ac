"""Where a video's picture is not what it was at the last look."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Float32
from beholden.domain.geometry import Box
from beholden.domain.image import Image

# Columns and rows: a cell is 20 x 20 pixels of 1280 x 720, or 10 x 10, where a letter counts.
CELLS = (64, 36)
FINE_CELLS = (128, 72)
# Every fourth pixel of every fourth row tells the mean of a cell well enough to look for faces.
STEP_PX = 4
# A cell whose mean moved by less than this, of 255, is as it was.
STILL_LEVELS = 4.0
# Where the whole picture moves by this on average, another scene begins.
CUT_LEVELS = 20.0
# Where a face's own cells move by this, another face may be there: two that are alike are that far
# apart (docs/decisions/0022-frames-and-tracks.md).
CUT_FACE_LEVELS = 10.0


@dataclass(frozen=True, slots=True)
class Change:
    """`cells` (rows, columns) tells where something changed, `levels` by how much of 255 each cell
    moved; a cell is `cell_px` wide and high."""

    cells: NDArray[np.bool_]
    levels: Float32
    cell_px: tuple[float, float]

    @property
    def cut(self) -> bool:
        return bool(self.levels.mean() >= CUT_LEVELS)

    def __bool__(self) -> bool:
        return bool(self.cells.any())

    def touches(self, box_px: Box) -> bool:
        """Whether anything changed in or right beside a box."""
        return bool(self.cells[self._under(box_px, beside=1)].any())

    def cut_at(self, box_px: Box) -> bool:
        """Whether what is in a box is so different that another face may be there."""
        return bool(self.levels[self._under(box_px)].mean() >= CUT_FACE_LEVELS)

    def _under(self, box_px: Box, beside: int = 0) -> tuple[slice, slice]:
        """The cells that a box lies on, and so many beside them."""
        width, height = self.cell_px
        top, left = int(box_px.top / height), int(box_px.left / width)
        bottom, right = int(box_px.bottom / height), int(box_px.right / width)
        rows = slice(max(0, top - beside), bottom + beside + 1)
        columns = slice(max(0, left - beside), right + beside + 1)
        return rows, columns


class Changes:
    """Compares each picture with what its cells were when they changed last: what creeps is noticed
    in the end. `cells` are columns and rows, of which every `step_px`-th pixel counts."""

    def __init__(self, cells: tuple[int, int] = CELLS, step_px: int = 1) -> None:
        self._cells = cells
        self._step_px = step_px
        self._before: Float32 | None = None
        self._size_px = (0, 0)

    def since(self, image: Image) -> Change:
        """Since the last image; everything, if it is the first or the last was of another size."""
        size_px = (image.width_px, image.height_px)
        if size_px != self._size_px:
            self._before, self._size_px = None, size_px
        sampled = np.ascontiguousarray(image.pixels[:: self._step_px, :: self._step_px])
        now = cv2.resize(sampled, self._cells, interpolation=cv2.INTER_AREA).astype(np.float32)
        before = np.full_like(now, np.inf) if self._before is None else self._before
        moved = np.abs(now - before)
        cells = moved.max(axis=2) >= STILL_LEVELS
        self._before = np.where(cells[..., None], now, before)
        columns, rows = self._cells
        cell_px = (image.width_px / columns, image.height_px / rows)
        return Change(cells, moved.mean(axis=2), cell_px)
