"""Every probe searched in a gallery, and how false alarms grow with the gallery."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma

import numpy as np

from beholden.domain.arrays import Float32, Int64
from beholden.evaluation.comparisons import Bool, Comparisons
from beholden.evaluation.rates import Float64


@dataclass(frozen=True, slots=True)
class Searches:
    """`scores` (p, s): the best score of each probe with each subject of the gallery, -inf where a
    failure to acquire or enrol left nothing to compare.

    `probes` (p,) are rows of the image list and `subjects` (p,) whom they show; `mate` (p,) is the
    column of that subject, -1 for a non-mated probe. `faces` (s,) is a gallery image of each.
    """

    scores: Float32
    probes: Int64
    subjects: Int64
    mate: Int64
    faces: Int64

    @property
    def gallery_size(self) -> int:
        """N: how many people are enrolled."""
        return int(self.scores.shape[1])

    @property
    def mated(self) -> Bool:
        return self.mate >= 0

    def false_positives(self) -> Comparisons:
        """Of each non-mated probe its highest score: at or above T it is a false positive."""
        return self._one_each(~self.mated, self.scores.max(axis=1, initial=-np.inf))

    def mates(self, max_rank: int) -> Comparisons:
        """Of each mated probe the score of its mate, -inf if that is not among the first
        `max_rank` candidates: below T it is a false negative."""
        own = np.take_along_axis(self.scores, np.maximum(self.mate, 0)[:, None], axis=1)
        rank = 1 + ((self.scores > own).sum(axis=1))
        return self._one_each(self.mated, np.where(rank <= max_rank, own[:, 0], -np.inf))

    def non_mated_scores(self) -> Comparisons:
        """Each non-mated probe with each subject of the gallery."""
        rows, columns = np.nonzero(np.isfinite(self.scores) & ~self.mated[:, None])
        a, b = self.probes[rows], self.faces[columns]
        scores = self.scores[rows, columns].astype(np.float64)
        return Comparisons(scores, a, b, self.subjects[rows], self._column_subjects()[columns])

    def _column_subjects(self) -> Int64:
        """Numbers for the subjects of the gallery that no non-mated probe has."""
        return np.arange(self.gallery_size) + int(self.subjects.max(initial=0)) + 1

    def _one_each(self, chosen: Bool, scores: Float32) -> Comparisons:
        who, rows = self.subjects[chosen], self.probes[chosen]
        nearest = self.faces[self.scores[chosen].argmax(axis=1)]
        return Comparisons(scores[chosen].astype(np.float64), rows, nearest, who, who)


def search(embeddings: Float32, has: Bool, subjects: Int64, gallery: Bool) -> Searches:
    """Search every image outside `gallery` (a mask over images) among those inside.

    Templates are rounded to float16, as records keep them. A subject with several templates has the
    best of their scores. A failed probe finds nobody; a failed gallery image is found by nobody.
    """
    probes, people = np.flatnonzero(~gallery), np.unique(subjects[gallery])
    scores = np.full((len(probes), len(people)), -np.inf, np.float32)
    enrolled = np.flatnonzero(gallery & has)
    templates = embeddings[enrolled].astype(np.float16).astype(np.float32)
    every = np.where(has[probes, None], embeddings[probes] @ templates.T, -np.inf)
    for k, column in enumerate(np.searchsorted(people, subjects[enrolled]).tolist()):
        np.maximum(scores[:, column], every[:, k], out=scores[:, column])
    mate = np.searchsorted(people, subjects[probes]).clip(0, len(people) - 1)
    mate[people[mate] != subjects[probes]] = -1
    faces = np.array([np.flatnonzero(gallery & (subjects == person))[0] for person in people])
    return Searches(scores, probes, subjects[probes], mate, faces)


def fpir_at_size(searches: Searches, threshold: float, size: int) -> float:
    """FPIR expected in a gallery of `size` people drawn from this one without replacement.

    A probe that `k` of the N people match falsely is spared by a draw of n with probability
    C(N - k, n) / C(N, n); FPIR is one less the mean of that over non-mated probes. No sampling.
    """
    hits = (searches.scores[~searches.mated] >= threshold).sum(axis=1)
    spared = _spared(searches.gallery_size, size)
    return float(1 - spared[hits].mean()) if len(hits) else float("nan")


def _spared(population: int, size: int) -> Float64:
    """(population + 1,): the probability that a draw of `size` has none of k marked ones."""
    left = [_log_choose(population - k, size) for k in range(population + 1)]
    return np.exp(np.array(left) - _log_choose(population, size))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) if k <= n else -np.inf
