"""Comparisons of templates, mated and non-mated, and their error rates over a set of thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Float32, Int64
from beholden.evaluation.rates import Float64, Rate, count_at_or_above, rate_of
from beholden.evaluation.resampling import SubjectDraws

Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """`scores` (n,) raw cosines of images `a` and `b` (n,), of the subjects `subject_a` and
    `subject_b` (n,). `complete` says that every image of each subject met every one of the others:
    then the bootstrap need not look at each comparison.
    """

    scores: Float64
    a: Int64
    b: Int64
    subject_a: Int64
    subject_b: Int64
    complete: bool = False

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, chosen: Bool | Int64, *, complete: bool = False) -> Comparisons:
        return Comparisons(
            self.scores[chosen],
            self.a[chosen],
            self.b[chosen],
            self.subject_a[chosen],
            self.subject_b[chosen],
            complete,
        )

    def within(self, images: Bool) -> Comparisons:
        """Those whose both ends are among `images` (a mask over images)."""
        return self.where(images[self.a] & images[self.b], complete=self.complete)

    @property
    def subjects(self) -> int:
        """How many different people take part."""
        return len(np.unique(np.concatenate([self.subject_a, self.subject_b])))


def compare(embeddings: Float32, a: Int64, b: Int64, subjects: Int64) -> Comparisons:
    """The listed comparisons: rows `a` and `b` of unit `embeddings` (n, d)."""
    scores = np.einsum("ij,ij->i", embeddings[a], embeddings[b], dtype=np.float32)
    return Comparisons(scores.astype(np.float64), a, b, subjects[a], subjects[b])


def compare_all(
    embeddings: Float32, images: Int64, subjects: Int64
) -> tuple[Comparisons, Comparisons]:
    """Every image with every other one, once: the mated comparisons, and the non-mated ones.

    `images` (m,) are the rows of `embeddings` (n, d) to use; `subjects` (n,).
    """
    i, j = np.triu_indices(len(images), 1)
    chosen = embeddings[images]
    scores = (chosen @ chosen.T)[i, j].astype(np.float64)
    a, b = images[i], images[j]
    every = Comparisons(scores, a, b, subjects[a], subjects[b])
    mated = every.subject_a == every.subject_b
    return every.where(mated), every.where(~mated, complete=True)


@dataclass(frozen=True, slots=True)
class Curve:
    """Rates at `thresholds` (t,) ascending raw cosines; `replicates` (b, t), or None where the
    subjects are unknown."""

    thresholds: Float64
    errors: Int64
    trials: int
    replicates: Float64 | None

    def at(self, threshold: float) -> Rate:
        """The rate at one of `thresholds`."""
        k = int(np.searchsorted(self.thresholds, threshold))
        samples = None if self.replicates is None else self.replicates[:, k]
        return rate_of(int(self.errors[k]), self.trials, samples)

    def rates(self) -> list[Rate]:
        return [self.at(threshold) for threshold in self.thresholds.tolist()]


def false_matches(
    non_mated: Comparisons, thresholds: Sequence[float] | Float64, draws: SubjectDraws | None
) -> Curve:
    """FMR(t): the share of non-mated comparisons with score >= t (ISO/IEC 19795-1, false match
    rate; NIST FRTE 1:1, equation for FMR)."""
    t = np.unique(np.asarray(thresholds, np.float64))
    errors = count_at_or_above(np.sort(non_mated.scores), t)
    return Curve(t, errors, len(non_mated), _false_match_samples(non_mated, t, draws))


def false_non_matches(
    mated: Comparisons, thresholds: Sequence[float] | Float64, draws: SubjectDraws | None
) -> Curve:
    """FNMR(t): the share of mated comparisons with score < t (ISO/IEC 19795-1, false non-match
    rate; NIST FRTE 1:1, equation for FNMR)."""
    t = np.unique(np.asarray(thresholds, np.float64))
    errors = len(mated) - count_at_or_above(np.sort(mated.scores), t)
    if draws is None or not len(mated):
        return Curve(t, errors, len(mated), None)
    reached = np.searchsorted(t, mated.scores, side="right")
    counts = draws.counts(mated.subject_a, mated.subject_b, reached, len(t) + 1)
    missed = counts[:, :-1].cumsum(axis=1)
    return Curve(t, errors, len(mated), _divided(missed, counts.sum(axis=1)))


def _false_match_samples(
    pairs: Comparisons, thresholds: Float64, draws: SubjectDraws | None
) -> Float64 | None:
    if draws is None or not len(pairs) or not len(thresholds):
        return None
    reached = np.searchsorted(thresholds, pairs.scores, side="right")
    some = np.flatnonzero(reached)
    counts = draws.counts(
        pairs.subject_a[some], pairs.subject_b[some], reached[some], len(thresholds) + 1
    )
    at_or_above = counts[:, :0:-1].cumsum(axis=1)[:, ::-1]
    return _divided(at_or_above, weight_of_all(pairs, draws))


def weight_of_all(pairs: Comparisons, draws: SubjectDraws) -> Float64:
    """How many comparisons each bootstrap sample holds, shape (b,)."""
    if not pairs.complete:
        return draws.totals(pairs.subject_a, pairs.subject_b)
    ends = np.concatenate([pairs.a, pairs.b])
    of = np.concatenate([pairs.subject_a, pairs.subject_b])
    _, first = np.unique(ends, return_index=True)
    images = np.bincount(of[first], minlength=draws.times.shape[1])
    return draws.cross_totals(images)


def _divided(counts: Float64, totals: Float64) -> Float64:
    """NaN for a sample in which no such comparison was drawn: percentiles leave it out."""
    safe = np.where(totals > 0, totals, np.nan)
    return np.asarray(counts / safe[:, None], np.float64)
