"""1:1: FMR and FNMR by threshold and group, DET, EER."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from beholden.evaluation.comparisons import Comparisons, false_matches, false_non_matches
from beholden.evaluation.curves import (
    Histogram,
    det_thresholds,
    equal_error_rate,
    histogram,
    threshold_for,
)
from beholden.evaluation.groups import (
    Gap,
    Group,
    GroupRate,
    Overall,
    at_similarities,
    gaps_of,
    judged,
)
from beholden.evaluation.material import Material
from beholden.evaluation.non_mated import NonMated, keep
from beholden.evaluation.rates import NOT_MEASURED, Rate, expected_fpir, rate_of
from beholden.evaluation.scale import Scale

FMR_TARGETS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
WORST = 8
# FMR above this at the threshold in use earns a warning: one false match in ten thousand.
NOTABLE_FMR = 1e-4


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
    groups: tuple[GroupRate, ...]
    gaps: tuple[Gap, ...]
    mistakes: tuple[Mistake, ...]
    non_mated_scores: NonMated

    def headline(self) -> dict[str, Any]:
        rows = [
            {"similarity_pct": row.similarity_pct, "fmr": asdict(row.fmr), "fnmr": asdict(row.fnmr)}
            for row in self.thresholds
        ]
        return {"eer": self.eer, "mated": self.mated, "non_mated": self.non_mated, "at": rows}

    def shown(self) -> dict[int, tuple[()]]:
        return {row: () for mistake in self.mistakes for row in (mistake.a, mistake.b)}

    def warnings(self) -> Iterator[str]:
        used = next(row for row in self.thresholds if row.in_use)
        if used.fmr.rate is None or used.fmr.high is None:
            yield "There are no non-mated comparisons: the false match rate was not measured."
        elif used.fmr.high > NOTABLE_FMR:
            yield (
                f"At similarity {used.similarity_pct:g}, the threshold in use, FMR is "
                f"{used.fmr.rate:.2g} (up to {used.fmr.high:.2g}): a search among 1,000 people "
                f"raises a false alarm up to {expected_fpir(used.fmr.high, 1000):.1%} of the time."
            )
        if not self.mated:
            yield "There are no mated comparisons: the false non-match rate was not measured."


def verify(material: Material, scale: Scale, groups: Sequence[Group] = ()) -> Verification:
    """All of it, from comparisons to numbers."""
    mated, non_mated = material.mated, material.non_mated
    eer = equal_error_rate(mated.scores, non_mated.scores)
    thresholds = tuple(_threshold_rows(material, scale))
    rows = judged(
        [r for g in groups for r in _group_rates(material, scale, g)], _overall(thresholds)
    )
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
        non_mated_scores=keep(non_mated, material.draws, scale),
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


def _group_rates(material: Material, scale: Scale, group: Group) -> Iterator[GroupRate]:
    """FMR is between different people of the same group, as NIST IR 8280 reports it first."""
    mated = material.mated.within(group.members)
    non_mated = material.non_mated.within(group.members)
    fmr = false_matches(non_mated, scale.scores, material.draws)
    fnmr = false_non_matches(mated, scale.scores, material.draws)
    yield from at_similarities(group, "FMR", fmr, non_mated, scale)
    yield from at_similarities(group, "FNMR", fnmr, mated, scale)


def _overall(rows: Sequence[ThresholdRow]) -> Overall:
    fmr: Overall = {("FMR", row.similarity_pct): row.fmr for row in rows}
    return {**fmr, **{("FNMR", row.similarity_pct): row.fnmr for row in rows}}


def _mistakes(mated: Comparisons, non_mated: Comparisons, scale: Scale) -> Iterator[Mistake]:
    """The mated comparisons of the lowest scores and the non-mated ones of the highest."""
    lowest = np.argsort(mated.scores)[:WORST]
    highest = np.argsort(non_mated.scores)[::-1][:WORST]
    for same, pairs, rows in ((True, mated, lowest), (False, non_mated, highest)):
        for k in rows.tolist():
            score = float(pairs.scores[k])
            ends = int(pairs.a[k]), int(pairs.b[k])
            yield Mistake(same, *ends, scale.similarity(score), score)
