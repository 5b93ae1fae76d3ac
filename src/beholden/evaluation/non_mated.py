"""What an evaluation keeps of its non-mated scores, so that advice can be drawn from it later: no
single score, but the curve, the fitted tail, and the scale of similarities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beholden.evaluation.comparisons import Comparisons, false_matches
from beholden.evaluation.curves import det_thresholds
from beholden.evaluation.rates import Rate
from beholden.evaluation.resampling import SubjectDraws
from beholden.evaluation.scale import Scale
from beholden.evaluation.tail import TailFit, fit_tail

POINTS = 40
# Scores at which the similarity is kept, so that it can be read off between them.
SCALE_SCORES = np.linspace(0.0, 1.0, 401)


@dataclass(frozen=True, slots=True)
class FmrPoint:
    score: float
    similarity_pct: float
    fmr: Rate


@dataclass(frozen=True, slots=True)
class NonMated:
    """`curve` is ascending in score. `stated` are the points at the similarities of the report.
    `scale` has (score, similarity in percent), ascending."""

    comparisons: int
    curve: tuple[FmrPoint, ...]
    stated: tuple[FmrPoint, ...]
    tail: TailFit | None
    scale: tuple[tuple[float, float], ...]


def keep(pairs: Comparisons, draws: SubjectDraws | None, scale: Scale) -> NonMated:
    """Condense the non-mated comparisons of an evaluation."""
    spread = det_thresholds(np.empty(0), pairs.scores, POINTS)
    similar = scale.similarities(SCALE_SCORES)
    return NonMated(
        comparisons=len(pairs),
        curve=_points(pairs, draws, scale, spread),
        stated=_points(pairs, draws, scale, scale.scores),
        tail=fit_tail(pairs, draws),
        scale=tuple(zip(SCALE_SCORES.tolist(), similar, strict=True)),
    )


def _points(
    pairs: Comparisons, draws: SubjectDraws | None, scale: Scale, thresholds: np.ndarray
) -> tuple[FmrPoint, ...]:
    curve = false_matches(pairs, thresholds, draws)
    scores = curve.thresholds
    rows = zip(scores.tolist(), scale.similarities(scores), curve.rates(), strict=True)
    return tuple(FmrPoint(*row) for row in rows)
