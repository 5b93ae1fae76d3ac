"""Error rates with 95% intervals, and the rules that say how far a small sample can speak."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Int64

Z_95 = 1.959963984540054
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """`errors` out of `trials`, with a 95% interval and how it was made.

    `rate`, `low` and `high` are None without trials: nothing was measured.
    """

    errors: int
    trials: int
    rate: float | None
    low: float | None
    high: float | None
    interval: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure that is no share of trials, with its 95% bootstrap interval over images."""

    value: float
    low: float
    high: float


NOT_MEASURED = Rate(0, 0, None, None, None, "not measured")


def wilson(errors: int, trials: int) -> tuple[float, float]:
    """The score interval for a proportion of independent trials (Wilson, JASA 1927)."""
    p, z2 = errors / trials, Z_95**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    low = 0.0 if errors == 0 else max(0.0, centre - half)
    return low, 1.0 if errors == trials else min(1.0, centre + half)


def rule_of_three(trials: int) -> float:
    """The 95% upper bound when `trials` independent attempts showed no error: 3 / n
    (ISO/IEC 19795-1, "rule of 3"). Of comparisons that share people it is too low."""
    return min(1.0, 3 / trials)


def rate_of(
    errors: int, trials: int, replicates: Float64 | None = None, drawn: str = "subjects"
) -> Rate:
    """The rate with the best interval there is.

    No error: the rule of three. With `replicates` (rates of bootstrap samples of what is `drawn`,
    shape (b,)): their 2.5th and 97.5th percentiles. Else Wilson's.
    """
    if trials == 0:
        return NOT_MEASURED
    if errors == 0:
        return Rate(0, trials, 0.0, 0.0, rule_of_three(trials), "rule of 3")
    if replicates is not None:
        bounds = middle_95(replicates)
        return Rate(errors, trials, errors / trials, *bounds, f"bootstrap over {drawn}")
    return Rate(errors, trials, errors / trials, *wilson(errors, trials), "Wilson")


def middle_95(replicates: Float64) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile, without samples that nothing could be measured on."""
    low, high = np.nanpercentile(replicates, (2.5, 97.5))
    return float(low), float(high)


def share(hits: Sequence[bool] | NDArray[np.bool_]) -> Rate:
    """How many of `hits` are true, as a Rate of that (an accuracy, not an error)."""
    return rate_of(int(np.count_nonzero(hits)), len(hits))


def count_at_or_above(sorted_scores: Float64, thresholds: Float64) -> Int64:
    """For each threshold, how many of the ascending `sorted_scores` reach it: a match is
    score >= threshold everywhere in Beholden."""
    below = np.searchsorted(sorted_scores, thresholds, side="left")
    return np.asarray(len(sorted_scores) - below, np.int64)


def expected_fpir(fmr: float, gallery_size: int) -> float:
    """FPIR = 1 - (1 - FMR)^N: the chance of a false alarm among N people, if comparisons were
    independent. For probes that differ in how often they match falsely it is an upper bound
    (Jensen's inequality: 1 - (1 - p)^N is concave in p)."""
    return -math.expm1(gallery_size * math.log1p(-min(fmr, 1 - 1e-15)))


def needed_fmr(fpir: float, gallery_size: int) -> float:
    """The inverse: the FMR at which a search among N people alarms falsely that often."""
    return -math.expm1(math.log1p(-fpir) / gallery_size)
