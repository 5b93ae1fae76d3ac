"""1:1: FMR and FNMR by threshold and group, DET, EER."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from beholden.domain.arrays import Float32, Int64
from beholden.evaluation.comparisons import (
    Bool,
    Comparisons,
    compare,
    compare_all,
    false_matches,
    false_non_matches,
)
from beholden.evaluation.curves import (
    Histogram,
    decision_error,
    det_thresholds,
    equal_error_rate,
    histogram,
    threshold_for,
)
from beholden.evaluation.groups import Group, Ratio, largest_ratio, too_little
from beholden.evaluation.lists import Pairs
from beholden.evaluation.rates import NOT_MEASURED, Rate, rate_of
from beholden.evaluation.resampling import SEED, SubjectDraws
from beholden.evaluation.scale import Scale
from beholden.evaluation.tail import TailFit, fit_tail

FMR_TARGETS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
# With more images than this, a seeded choice of so many meets each other: 18 million pairs.
MOST_IMAGES = 6000
WORST = 8
EVERYBODY = "every image with every image of other subjects"
LISTED = "the listed pairs"


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """Error rates at one similarity. `frr` counts failures to acquire as false non-matches:
    FRR = FTA + FNMR (1 - FTA) over pairs (ISO/IEC 19795-1; NIST FRTE scores them so)."""

    similarity_pct: float
    score: float
    in_use: bool
    fmr: Rate
    fnmr: Rate
    frr: Rate


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The threshold for a target FMR, and what it costs; the true accept rate is 1 - FNMR."""

    target_fmr: float
    score: float | None
    similarity_pct: float | None
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True)
class DetPoint:
    """One point of the DET curve (ISO/IEC 19795-1) with 95% intervals."""

    score: float
    similarity_pct: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group at one similarity. FMR is between different people of the same group."""

    grouping: str
    group: str
    subjects: int
    images: int
    similarity_pct: float
    in_use: bool
    fmr: Rate
    fnmr: Rate
    too_little_for_fmr: bool
    too_little_for_fnmr: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest ratio between groups of one grouping at one similarity."""

    grouping: str
    similarity_pct: float
    in_use: bool
    rate: str
    largest: Ratio


@dataclass(frozen=True, slots=True)
class Mistake:
    """A comparison that went most wrong: rows of the image list."""

    same: bool
    a: int
    b: int
    similarity_pct: float
    score: float


@dataclass(frozen=True, slots=True)
class Verification:
    """Everything measured; see docs/evaluate.md for each field."""

    subjects: int
    mated: int
    non_mated: int
    non_mated_from: str
    failed_mated: int
    failed_non_mated: int
    decision_error: Rate | None
    eer: float | None
    eer_similarity_pct: float | None
    thresholds: tuple[ThresholdRow, ...]
    operating_points: tuple[OperatingPoint, ...]
    det: tuple[DetPoint, ...]
    histogram: Histogram
    groups: tuple[GroupRow, ...]
    gaps: tuple[Gap, ...]
    mistakes: tuple[Mistake, ...]
    tail: TailFit | None


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


def verify(material: Material, scale: Scale, groups: Sequence[Group] = ()) -> Verification:
    """All of it, from comparisons to numbers."""
    mated, non_mated = material.mated, material.non_mated
    eer = equal_error_rate(mated.scores, non_mated.scores)
    thresholds = tuple(_threshold_rows(material, scale))
    rows = judged([r for g in groups for r in _group_rows(material, scale, g)], thresholds)
    return Verification(
        subjects=max(mated.subjects, non_mated.subjects),
        mated=len(mated),
        non_mated=len(non_mated),
        non_mated_from=material.non_mated_from,
        failed_mated=material.failed_mated,
        failed_non_mated=material.failed_non_mated,
        decision_error=material.decision_error,
        eer=eer[0] if eer else None,
        eer_similarity_pct=scale.similarity(eer[1]) if eer else None,
        thresholds=thresholds,
        operating_points=tuple(_operating_points(material, scale)),
        det=tuple(_det(material, scale)),
        histogram=histogram(mated.scores, non_mated.scores),
        groups=rows,
        gaps=tuple(gaps_of(rows)),
        mistakes=tuple(_mistakes(mated, non_mated, scale)),
        tail=fit_tail(non_mated, material.draws),
    )


def _threshold_rows(material: Material, scale: Scale) -> Iterator[ThresholdRow]:
    fmr = false_matches(material.non_mated, scale.scores, material.draws)
    fnmr = false_non_matches(material.mated, scale.scores, material.draws)
    for pct in scale.similarities_pct:
        score = scale.score(pct)
        missed = fnmr.at(score)
        frr = rate_of(missed.errors + material.failed_mated, missed.trials + material.failed_mated)
        yield ThresholdRow(pct, score, pct == scale.in_use_pct, fmr.at(score), missed, frr)


def _operating_points(material: Material, scale: Scale) -> Iterator[OperatingPoint]:
    ordered = np.sort(material.non_mated.scores)
    found = {target: threshold_for(ordered, target) for target in FMR_TARGETS}
    scores = [score for score in found.values() if score is not None]
    fmr = false_matches(material.non_mated, scores, material.draws)
    fnmr = false_non_matches(material.mated, scores, material.draws)
    for target, score in found.items():
        if score is None:
            yield OperatingPoint(target, None, None, NOT_MEASURED, NOT_MEASURED)
        else:
            at = (fmr.at(score), fnmr.at(score))
            yield OperatingPoint(target, score, scale.similarity(score), *at)


def _det(material: Material, scale: Scale) -> Iterator[DetPoint]:
    scores = det_thresholds(material.mated.scores, material.non_mated.scores)
    fmr = false_matches(material.non_mated, scores, material.draws).rates()
    fnmr = false_non_matches(material.mated, scores, material.draws).rates()
    similar = scale.similarities(scores)
    for score, pct, x, y in zip(scores.tolist(), similar, fmr, fnmr, strict=True):
        yield DetPoint(score, pct, x, y)


def _group_rows(material: Material, scale: Scale, group: Group) -> Iterator[GroupRow]:
    mated = material.mated.within(group.members)
    non_mated = material.non_mated.within(group.members)
    fmr = false_matches(non_mated, scale.scores, material.draws)
    fnmr = false_non_matches(mated, scale.scores, material.draws)
    subjects, images = max(mated.subjects, non_mated.subjects), int(group.members.sum())
    for pct in scale.similarities_pct:
        score = scale.score(pct)
        yield GroupRow(
            grouping=group.grouping,
            group=group.label,
            subjects=subjects,
            images=images,
            similarity_pct=pct,
            in_use=pct == scale.in_use_pct,
            fmr=fmr.at(score),
            fnmr=fnmr.at(score),
            too_little_for_fmr=False,
            too_little_for_fnmr=False,
        )


def judged(rows: Sequence[GroupRow], overall: Sequence[ThresholdRow]) -> tuple[GroupRow, ...]:
    """The rows, each told whether its data is too little beside the rates over all groups."""
    every = {row.similarity_pct: row for row in overall}
    return tuple(
        replace(
            row,
            too_little_for_fmr=too_little(row.fmr, every[row.similarity_pct].fmr, row.subjects),
            too_little_for_fnmr=too_little(row.fnmr, every[row.similarity_pct].fnmr, row.subjects),
        )
        for row in rows
    )


def gaps_of(rows: Sequence[GroupRow]) -> Iterator[Gap]:
    """For each grouping, similarity and rate the largest ratio, if one can be shown."""
    keys = dict.fromkeys((row.grouping, row.similarity_pct, row.in_use) for row in rows)
    for grouping, pct, in_use in keys:
        here = [r for r in rows if (r.grouping, r.similarity_pct) == (grouping, pct)]
        fmr = {row.group: row.fmr for row in here if not row.too_little_for_fmr}
        fnmr = {row.group: row.fnmr for row in here if not row.too_little_for_fnmr}
        for name, rates in (("FMR", fmr), ("FNMR", fnmr)):
            if ratio := largest_ratio(rates):
                yield Gap(grouping, pct, in_use, name, ratio)


def _mistakes(mated: Comparisons, non_mated: Comparisons, scale: Scale) -> Iterator[Mistake]:
    """The mated comparisons of the lowest scores and the non-mated ones of the highest."""
    lowest = np.argsort(mated.scores)[:WORST]
    highest = np.argsort(non_mated.scores)[::-1][:WORST]
    for same, pairs, rows in ((True, mated, lowest), (False, non_mated, highest)):
        for k in rows.tolist():
            score = float(pairs.scores[k])
            ends = int(pairs.a[k]), int(pairs.b[k])
            yield Mistake(same, *ends, scale.similarity(score), score)
