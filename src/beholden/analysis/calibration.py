"""From a cosine to a similarity that means something: 0 to 100, by data measured beforehand.

The data file says, for one model version, at which cosine each similarity stands; how that was
measured and how rare a non-mated pair is at each similarity stands in the file and in
docs/model-cards/face-recognition.md. Only the interpolation is code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Self

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.errors import OperatorError

DATA_PACKAGE = "beholden.vision.calibration"
ALMOST_100 = np.float32(99.9999)
# A template is rounded to half precision: the same vector twice is this close to 1, or closer.
SAME = 1 - 2e-4


class Calibration:
    """A monotone, piecewise linear scale through (score, similarity) knots.

    The same vector twice is a similarity of 100, and nothing else is.
    """

    def __init__(self, scores: Sequence[float], similarities_pct: Sequence[float]) -> None:
        """Raises ValueError unless both rise strictly, from -1 to 1 and from 0 to 100."""
        self._scores = np.array(scores, np.float64)
        self._similarities = np.array(similarities_pct, np.float64)
        for knots, first, last in ((self._scores, -1, 1), (self._similarities, 0, 100)):
            if knots[0] != first or knots[-1] != last or not (np.diff(knots) > 0).all():
                raise ValueError(f"knots must rise strictly from {first} to {last}: {knots}")

    @classmethod
    def load(cls, model_version: str, folder: Path | None = None) -> Self:
        """The calibration measured for `model_version`: from `folder`, or the one that ships.

        Raises OperatorError if there is none or it cannot be used.
        """
        name = f"similarity-{model_version}.toml"
        try:
            source = (folder or files(DATA_PACKAGE)) / name
            knots = tomllib.loads(source.read_text(encoding="utf-8"))["knots"]
            return cls([knot[0] for knot in knots], [knot[1] for knot in knots])
        except (OSError, KeyError, IndexError, TypeError, ValueError) as error:
            raise OperatorError(
                f"There is no usable calibration for model version {model_version}: {name}: "
                f"{error}. Measure one: python -m benchmarks.calibrate."
            ) from error

    def similarity(self, scores: Float32) -> Float32:
        """Cosines of any shape to similarities of that shape, 0 to 100: higher is rarer."""
        similarity = np.interp(scores, self._scores, self._similarities).astype(np.float32)
        return np.where(scores < SAME, np.minimum(similarity, ALMOST_100), np.float32(100))

    def score(self, similarity_pct: float) -> float:
        """The cosine that has this similarity: the inverse, for thresholds."""
        return min(SAME, float(np.interp(similarity_pct, self._similarities, self._scores)))
