"""The upper tail of non-mated scores, as a generalised Pareto distribution over a threshold.

Peaks over threshold (Pickands, Annals of Statistics 1975): scores above a high u, less u, tend to
P(X > x) = (1 + shape x / scale)^(-1 / shape). Fitted by probability-weighted moments (Hosking and
Wallis, Technometrics 1987), which need no search and stay stable for short tails. An extrapolation:
it says what would be if the tail goes on as it begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beholden.evaluation.comparisons import Comparisons, weight_of_all
from beholden.evaluation.rates import Float64
from beholden.evaluation.resampling import SubjectDraws

# The tail begins at the score that this share of non-mated comparisons reaches, or where at least
# FEWEST are left.
TAIL_SHARE = 1e-3
FEWEST = 200
REPLICATES = 200


@dataclass(frozen=True, slots=True)
class Tail:
    """P(score >= t) = share * (1 + shape (t - start) / scale)^(-1 / shape) for t >= start."""

    start: float
    share: float
    shape: float
    scale: float

    def fmr(self, threshold: float) -> float:
        x = (threshold - self.start) / self.scale
        if abs(self.shape) < 1e-9:
            return self.share * math.exp(-x)
        inside = max(0.0, 1 + self.shape * x)
        return 0.0 if inside == 0 else self.share * math.pow(inside, -1 / self.shape)

    def threshold(self, fmr: float) -> float:
        """The inverse; at most 1, the largest cosine there is."""
        ratio = fmr / self.share
        if abs(self.shape) < 1e-9:
            return min(1.0, self.start - self.scale * math.log(ratio))
        excess = self.scale / self.shape * (math.pow(ratio, -self.shape) - 1)
        return min(1.0, self.start + excess)


@dataclass(frozen=True, slots=True)
class TailFit:
    """The fit, and fits of bootstrap samples of the subjects."""

    fitted: Tail
    exceedances: int
    replicates: tuple[Tail, ...]


def fit_tail(pairs: Comparisons, draws: SubjectDraws | None) -> TailFit | None:
    """None with fewer than FEWEST scores over the start of the tail."""
    size = max(FEWEST, int(TAIL_SHARE * len(pairs)))
    if len(pairs) < 2 * size:
        return None
    order = np.argsort(pairs.scores)[-size - 1 :]
    start, kept = float(pairs.scores[order[0]]), pairs.where(order[1:])
    share = size / len(pairs)
    whole = _moments(kept.scores - start, np.ones((1, size)), start, np.array([share]))
    if draws is None:
        return TailFit(whole[0], size, ())
    some = SubjectDraws(draws.times[:REPLICATES])
    weights = some.times[:, kept.subject_a] * some.times[:, kept.subject_b]
    shares = weights.sum(axis=1) / weight_of_all(pairs, some)
    return TailFit(whole[0], size, tuple(_moments(kept.scores - start, weights, start, shares)))


def _moments(excess: Float64, weights: Float64, start: float, shares: Float64) -> Sequence[Tail]:
    """One Tail per row of `weights` (b, n), for ascending `excess` (n,).

    a0 = E[X], a1 = E[X (1 - F(X))]; scale = 2 a0 a1 / (a0 - 2 a1), shape = 2 - a0 / (a0 - 2 a1).
    """
    total = weights.sum(axis=1, keepdims=True)
    above = 1 - (weights.cumsum(axis=1) - weights / 2) / total
    a0 = (weights * excess).sum(axis=1) / total[:, 0]
    a1 = (weights * excess * above).sum(axis=1) / total[:, 0]
    spread = np.maximum(a0 - 2 * a1, 1e-12)
    shape, scale = 2 - a0 / spread, 2 * a0 * a1 / spread
    columns = zip(shares.tolist(), shape.tolist(), scale.tolist(), strict=True)
    return [Tail(start, *row) for row in columns]
