"""Fitted numbers of labels and moderation, read from pictures.toml beside this file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from beholden.vision.calibration.sections import read_sections

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class LogOdds:
    """A score 0..1 as a probability: log odds become `slope` * log odds + `offset` (Platt, 1999).

    `ceiling` is the most that is claimed: the labels were too few to show more.
    """

    slope: float
    offset: float
    ceiling: float

    def probability(self, score: float) -> float:
        """0..`ceiling`; it grows with the score."""
        bounded = min(max(score, _LEAST), 1 - _LEAST)
        odds = self.slope * math.log(bounded / (1 - bounded)) + self.offset
        return min(1 / (1 + math.exp(-odds)), self.ceiling)


@dataclass(frozen=True, slots=True)
class PictureCalibration:
    """`box`: that a box is right (IoU 0.5 and more); `presence`: that there is any such object,
    by its surest box; `scene`: that a label holds, by the classifier's probability of all that is
    under it; `adult`: see docs/model-cards/moderation.md."""

    box: LogOdds
    presence: LogOdds
    scene: LogOdds
    adult: LogOdds


def read_picture_calibration() -> PictureCalibration:
    """The numbers that ship with this package."""
    return read_sections(PictureCalibration, "pictures.toml")
