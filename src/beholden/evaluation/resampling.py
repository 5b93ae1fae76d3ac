"""The bootstrap over subjects: comparisons that share a person are not independent.

Subjects, not comparisons, are drawn with replacement (Bolle, Ratha, Pankanti: "Error analysis of
pattern recognition systems: the subsets bootstrap", CVIU 2004). A comparison of subjects a and b
counts w_a * w_b times, where w is how often each was drawn (Owen: "The pigeonhole bootstrap",
Annals of Applied Statistics 2007); one within a subject counts w_a times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from beholden.domain.arrays import Int64
from beholden.evaluation.rates import Float64, Rate, rate_of

SEED = 19795
REPLICATES = 500
# Replicates x comparisons held at once: 32 MB of float64.
CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class SubjectDraws:
    """How often each subject is in each bootstrap sample: `times` has shape (b, s)."""

    times: Float64

    @classmethod
    def make(cls, subjects: int, replicates: int = REPLICATES, seed: int = SEED) -> SubjectDraws:
        """The same numbers for the same arguments, on every machine."""
        rng = np.random.default_rng(seed)
        shares = np.full(max(subjects, 1), 1 / max(subjects, 1))
        return cls(rng.multinomial(subjects, shares, size=replicates).astype(np.float64))

    def counts(self, a: Int64, b: Int64, bins: Int64, n_bins: int) -> Float64:
        """Weighted number of comparisons in each bin, shape (b, n_bins).

        Comparison k is between subjects a[k] and b[k] (equal: within one) and falls into bins[k].
        """
        out = np.zeros((len(self.times), n_bins))
        order = np.argsort(bins, kind="stable")
        for part in _parts(order, CELLS // len(self.times)):
            weights = self._weights(a[part], b[part])
            present, starts = np.unique(bins[part], return_index=True)
            out[:, present] += np.add.reduceat(weights, starts, axis=1)
        return out

    def totals(self, a: Int64, b: Int64) -> Float64:
        """Weighted number of all comparisons, shape (b,)."""
        return self.counts(a, b, np.zeros(len(a), np.int64), 1)[:, 0]

    def cross_totals(self, images: Int64) -> Float64:
        """Weighted number of comparisons between different subjects, shape (b,), when every image
        meets every other; `images` (s,) is how many each subject has."""
        held = self.times * images
        return np.asarray((held.sum(axis=1) ** 2 - (held**2).sum(axis=1)) / 2)

    def _weights(self, a: Int64, b: Int64) -> Float64:
        return np.asarray(self.times[:, a] * np.where(a == b, 1.0, self.times[:, b]))


def rate_over_images(errors: Int64, trials: Int64) -> Rate:
    """Errors of trials on each image, (n,), as one rate: what one picture shows hangs together, so
    that images are drawn, not trials."""
    times = SubjectDraws.make(len(errors)).times
    with np.errstate(invalid="ignore", divide="ignore"):
        replicates = (times @ errors) / (times @ trials)
    return rate_of(int(errors.sum()), int(trials.sum()), replicates, "images")


def _parts(order: Int64, size: int) -> Iterator[Int64]:
    for first in range(0, len(order), max(1, size)):
        yield order[first : first + max(1, size)]
