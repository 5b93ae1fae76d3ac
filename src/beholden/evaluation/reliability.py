"""Whether a confidence means something: the share that is right of what is stated so surely.

Reliability curves after DeGroot and Fienberg ("The comparison and evaluation of forecasters", The
Statistician 1983), the expected calibration error after Naeini, Cooper and Hauskrecht ("Obtaining
well calibrated probabilities using Bayesian binning", AAAI 2015), in ten bins of the same width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from beholden.evaluation.rates import Float64, Rate, rate_of, share

EDGES = np.linspace(0, 1, 11)

Judged = Sequence[tuple[float, bool]]
"""Confidences of 0..1, and whether what was stated with each is right."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Of what was found with a confidence from `low` on, under `high`: the mean that was `stated`,
    and the share that is `right`."""

    low: float
    high: float
    stated: float
    right: Rate


@dataclass(frozen=True, slots=True)
class Reliability:
    """`wrong` is of what a request shows that asks for `shown_from` (0..1): its precision is 1 -
    wrong. `calibration_error` is the expected one of everything found, `shown_error` of that part;
    None where there is nothing."""

    what: str
    bins: tuple[Bin, ...]
    calibration_error: float | None
    shown_from: float
    wrong: Rate
    shown_error: float | None


def reliability(what: str, judged: Judged, shown_from: float) -> Reliability:
    """The curve, and how far it lies off."""
    table = np.array(judged, np.float64).reshape(-1, 2)
    shown = table[table[:, 0] >= shown_from]
    return Reliability(
        what,
        tuple(_bins(table)),
        calibration_error(table),
        shown_from,
        rate_of(int((shown[:, 1] == 0).sum()), len(shown)),
        calibration_error(shown),
    )


def _bins(table: Float64) -> Iterator[Bin]:
    which = _bin_of(table)
    for n, (low, high) in enumerate(pairwise(EDGES.tolist())):
        inside = table[which == n]
        if len(inside):
            yield Bin(low, high, float(inside[:, 0].mean()), share(inside[:, 1] == 1))


def calibration_error(table: Float64) -> float | None:
    """Of rows (confidence, right): the mean over bins of how far the confidence stated is from the
    share that is right, each bin counting as often as there is something in it."""
    if not len(table):
        return None
    off = np.bincount(_bin_of(table), weights=table[:, 0] - table[:, 1])
    return float(np.abs(off).sum() / len(table))


def _bin_of(table: Float64) -> NDArray[np.int64]:
    """(n,) the bin of each row; a confidence of 1 is in the last."""
    inner = EDGES[1:-1]
    return np.asarray(np.searchsorted(inner, table[:, 0], side="right"), np.int64)
