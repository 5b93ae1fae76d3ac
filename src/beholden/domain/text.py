"""Text that was read in an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.geometry import Box


@dataclass(frozen=True, slots=True)
class TextWord:
    """Characters without a space between them.

    `quad_px` has shape (4, 2): the corners as one who reads the word sees them, from the upper left
    one clockwise. `confidence`, 0..1, is the share of such words that are right.
    """

    text: str
    confidence: float
    quad_px: Float32

    @property
    def box_px(self) -> Box:
        """The upright box around the corners."""
        return box_around(self.quad_px)


@dataclass(frozen=True, slots=True)
class TextLine:
    """Words in the order in which they are read, at least one."""

    words: tuple[TextWord, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """The mean of its words', 0..1: the share of them that are right."""
        return sum(word.confidence for word in self.words) / len(self.words)

    @property
    def quad_px(self) -> Float32:
        """(4, 2), from the start of the first word to the end of the last; see TextWord."""
        first, last = self.words[0].quad_px, self.words[-1].quad_px
        return np.stack([first[0], last[1], last[2], first[3]])

    @property
    def box_px(self) -> Box:
        """The upright box around the corners."""
        return box_around(self.quad_px)


def box_around(points_px: Float32) -> Box:
    """The smallest upright box that holds points (n, 2)."""
    left, top = (float(value) for value in points_px.min(axis=0))
    right, bottom = (float(value) for value in points_px.max(axis=0))
    return Box(left, top, right - left, bottom - top)
