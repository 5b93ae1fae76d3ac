"""What verification is measured on: the comparisons that a data list gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beholden.domain.arrays import Float32, Int64
from beholden.evaluation.comparisons import Bool, Comparisons, compare, compare_all
from beholden.evaluation.curves import decision_error
from beholden.evaluation.lists import Pairs
from beholden.evaluation.rates import Rate
from beholden.evaluation.resampling import SEED, SubjectDraws

# With more images than this, a seeded choice of so many meets each other: 18 million pairs.
MOST_IMAGES = 6000
EVERYBODY = "every image with every image of other subjects"
LISTED = "the listed pairs"


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured on: the comparisons made, and the draws of the bootstrap (None where nobody
    said who is on the images)."""

    mated: Comparisons
    non_mated: Comparisons
    non_mated_from: str
    failed_mated: int
    failed_non_mated: int
    draws: SubjectDraws | None
    decision_error: Rate | None


def gather(
    embeddings: Float32, has: Bool, subjects: Int64, pairs: Pairs | None, subjects_known: bool
) -> Material:
    """What there is to measure on. `has` (n,) says which rows of `embeddings` (n, d) hold one.

    Mated pairs are the listed ones, or all; non-mated are all if the subjects are known, else the
    listed ones: a small FMR needs more comparisons than anybody lists.
    """
    draws = SubjectDraws.make(int(subjects.max()) + 1) if subjects_known or pairs is None else None
    if pairs is None:
        mated, non_mated = compare_all(embeddings, _chosen(has), subjects)
        return Material(mated, non_mated, EVERYBODY, *_failed_pairs(has, subjects), draws, None)
    ok = has[pairs.a] & has[pairs.b]
    listed = compare(embeddings, pairs.a[ok], pairs.b[ok], subjects)
    mated, non_mated = listed.where(pairs.same[ok] == 1), listed.where(pairs.same[ok] == 0)
    error = decision_error(mated.scores, non_mated.scores)
    source = LISTED
    if subjects_known:
        non_mated, source = compare_all(embeddings, _chosen(has), subjects)[1], EVERYBODY
    failed = (int((pairs.same[~ok] == 1).sum()), int((pairs.same[~ok] == 0).sum()))
    return Material(mated, non_mated, source, *failed, draws, error)


def _chosen(has: Bool) -> Int64:
    images = np.flatnonzero(has)
    if len(images) <= MOST_IMAGES:
        return images
    return np.sort(np.random.default_rng(SEED).choice(images, MOST_IMAGES, replace=False))


def _failed_pairs(has: Bool, subjects: Int64) -> tuple[int, int]:
    """Mated and non-mated pairs that an image without a template took away."""
    mated, non_mated = _pair_counts(subjects)
    made_mated, made_non_mated = _pair_counts(subjects[has])
    return mated - made_mated, non_mated - made_non_mated


def _pair_counts(subjects: Int64) -> tuple[int, int]:
    n = np.bincount(subjects) if len(subjects) else np.zeros(1, np.int64)
    mated = int((n * (n - 1) // 2).sum())
    return mated, len(subjects) * (len(subjects) - 1) // 2 - mated
