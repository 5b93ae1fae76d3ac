"""Between raw cosines and the similarity that the API shows, and the thresholds in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from beholden.domain.arrays import Float32
from beholden.evaluation.rates import Float64

# Rekognition's default, and what its guide asks for as more hangs on the answer.
SIMILARITIES_PCT = (80.0, 90.0, 95.0, 99.0)
DEFAULT_IN_USE_PCT = 80.0


class Calibration(Protocol):
    """What is used of beholden.analysis.calibration.Calibration."""

    def similarity(self, scores: Float32) -> Float32: ...

    def score(self, similarity_pct: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """The calibration, and the similarities that error rates are stated at; `in_use_pct` is the
    one that this deployment decides at."""

    calibration: Calibration
    similarities_pct: tuple[float, ...] = SIMILARITIES_PCT
    in_use_pct: float = DEFAULT_IN_USE_PCT

    @classmethod
    def make(cls, calibration: Calibration, further: Sequence[float], in_use_pct: float) -> Scale:
        stated = {*SIMILARITIES_PCT, *further, in_use_pct}
        return cls(calibration, tuple(sorted(stated)), in_use_pct)

    @property
    def scores(self) -> Float64:
        """The raw cosine at each of `similarities_pct`, ascending."""
        return np.array([self.score(pct) for pct in self.similarities_pct])

    def score(self, similarity_pct: float) -> float:
        return float(self.calibration.score(similarity_pct))

    def similarity(self, score: float) -> float:
        return float(self.calibration.similarity(np.array([score], np.float32))[0])

    def similarities(self, scores: Float64) -> list[float]:
        return [float(s) for s in self.calibration.similarity(scores.astype(np.float32))]
