"""1:N: FPIR and FNIR by threshold, gallery size and group, rank 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from beholden.evaluation.comparisons import (
    Bool,
    Comparisons,
    Curve,
    false_matches,
    false_non_matches,
)
from beholden.evaluation.curves import Histogram, det_thresholds, histogram
from beholden.evaluation.groups import (
    Gap,
    Group,
    GroupRate,
    Overall,
    at_similarities,
    gaps_of,
    judged,
)
from beholden.evaluation.non_mated import NonMated, keep
from beholden.evaluation.rates import Float64, Rate, expected_fpir
from beholden.evaluation.resampling import SubjectDraws
from beholden.evaluation.scale import Scale
from beholden.evaluation.searches import Searches, fpir_at_size
from beholden.evaluation.verification import WORST, Mistake

# FNIR counts a mate that is not the first candidate as missed: FNIR(N, R = 1, T).
MAX_RANK = 1
HALVINGS = 5
# A false alarm in more than one search of a hundred at the threshold in use earns a warning.
NOTABLE_FPIR = 0.01


@dataclass(frozen=True, slots=True)
class SearchRow:
    """FPIR(N, T) and FNIR(N, 1, T) at one similarity (NIST FRTE 1:N; ISO/IEC 19795-1)."""

    similarity_pct: float
    score: float
    in_use: bool
    fpir: Rate
    fnir: Rate


@dataclass(frozen=True, slots=True)
class TradeOff:
    """One point of the curve of FNIR against FPIR."""

    score: float
    similarity_pct: float
    fpir: Rate
    fnir: Rate


@dataclass(frozen=True, slots=True)
class SizeRow:
    """FPIR in a part of the gallery: measured, and expected from FMR if comparisons were
    independent, 1 - (1 - FMR)^N."""

    gallery_size: int
    similarity_pct: float
    fmr: float
    fpir_measured: float
    fpir_independent: float


@dataclass(frozen=True, slots=True)
class Identification:
    """Everything measured; see docs/evaluate.md."""

    gallery_size: int
    subjects: int
    mated: int
    non_mated: int
    rank_one_miss: Rate
    thresholds: tuple[SearchRow, ...]
    trade_off: tuple[TradeOff, ...]
    sizes: tuple[SizeRow, ...]
    histogram: Histogram
    groups: tuple[GroupRate, ...]
    gaps: tuple[Gap, ...]
    mistakes: tuple[Mistake, ...]
    non_mated_scores: NonMated

    def headline(self) -> dict[str, Any]:
        rows = [
            {
                "similarity_pct": row.similarity_pct,
                "fpir": asdict(row.fpir),
                "fnir": asdict(row.fnir),
            }
            for row in self.thresholds
        ]
        return {
            "gallery_size": self.gallery_size,
            "rank_one_miss": asdict(self.rank_one_miss),
            "at": rows,
        }

    def shown(self) -> dict[int, tuple[()]]:
        return {row: () for mistake in self.mistakes for row in (mistake.a, mistake.b)}

    def warnings(self) -> Iterator[str]:
        used = next(row for row in self.thresholds if row.in_use)
        if not self.non_mated:
            yield "There are no non-mated probes: false alarms (FPIR) were not measured."
        elif (used.fpir.high or 0) > NOTABLE_FPIR:
            yield (
                f"At similarity {used.similarity_pct:g}, the threshold in use, "
                f"{used.fpir.rate:.1%} (up to {used.fpir.high:.1%}) of searches for people who are "
                f"not among the {self.gallery_size} enrolled find somebody; in larger galleries "
                "more do."
            )
        if not self.mated:
            yield "There are no mated probes: misses (FNIR) were not measured."


@dataclass(frozen=True, slots=True)
class _Probes:
    """The two kinds of probes: `alarms` with their highest score, `mates` with their mate's."""

    alarms: Comparisons
    mates: Comparisons
    draws: SubjectDraws

    def curves(self, thresholds: Float64) -> tuple[Curve, Curve]:
        """FPIR and FNIR."""
        fpir = false_matches(self.alarms, thresholds, self.draws)
        return fpir, false_non_matches(self.mates, thresholds, self.draws)

    def within(self, members: Bool) -> _Probes:
        alarms, mates = (p.where(members[p.a]) for p in (self.alarms, self.mates))
        return _Probes(alarms, mates, self.draws)


def identify(searches: Searches, scale: Scale, groups: Sequence[Group] = ()) -> Identification:
    """All of it, from scores to numbers."""
    draws = SubjectDraws.make(int(searches.subjects.max(initial=0)) + 1)
    probes = _Probes(searches.false_positives(), searches.mates(MAX_RANK), draws)
    thresholds = tuple(_rows(probes, scale))
    rates = [r for g in groups for r in _group_rates(probes.within(g.members), scale, g)]
    rows = judged(rates, _overall(thresholds))
    non_mated = searches.non_mated_scores()
    found_at_all = np.array([np.finfo(np.float64).min])
    return Identification(
        gallery_size=searches.gallery_size,
        subjects=len(np.unique(searches.subjects)),
        mated=len(probes.mates),
        non_mated=len(probes.alarms),
        rank_one_miss=probes.curves(found_at_all)[1].rates()[0],
        thresholds=thresholds,
        trade_off=tuple(_trade_off(probes, scale)),
        sizes=tuple(_sizes(searches, non_mated, scale)),
        histogram=histogram(_finite(searches.mates(searches.gallery_size)), _finite(probes.alarms)),
        groups=rows,
        gaps=tuple(gaps_of(rows)),
        mistakes=tuple(_mistakes(searches, probes.alarms, scale)),
        non_mated_scores=_keep(non_mated, scale),
    )


def _finite(pairs: Comparisons) -> Float64:
    return pairs.scores[np.isfinite(pairs.scores)]


def _rows(probes: _Probes, scale: Scale) -> Iterator[SearchRow]:
    fpir, fnir = probes.curves(scale.scores)
    for pct in scale.similarities_pct:
        score = scale.score(pct)
        yield SearchRow(pct, score, pct == scale.in_use_pct, fpir.at(score), fnir.at(score))


def _trade_off(probes: _Probes, scale: Scale) -> Iterator[TradeOff]:
    scores = det_thresholds(_finite(probes.mates), _finite(probes.alarms), highest=1.0)
    fpir, fnir = probes.curves(scores)
    rows = zip(scores.tolist(), scale.similarities(scores), fpir.rates(), fnir.rates(), strict=True)
    yield from (TradeOff(*row) for row in rows)


def _sizes(searches: Searches, non_mated: Comparisons, scale: Scale) -> Iterator[SizeRow]:
    if not len(non_mated):
        return
    n = searches.gallery_size
    for size in sorted({max(1, n >> k) for k in range(HALVINGS)}):
        for pct in scale.similarities_pct:
            score = scale.score(pct)
            fmr = float((non_mated.scores >= score).mean())
            measured = fpir_at_size(searches, score, size)
            yield SizeRow(size, pct, fmr, measured, expected_fpir(fmr, size))


def _group_rates(probes: _Probes, scale: Scale, group: Group) -> Iterator[GroupRate]:
    """By the group of the probe; the gallery holds everybody."""
    fpir, fnir = probes.curves(scale.scores)
    yield from at_similarities(group, "FPIR", fpir, probes.alarms, scale)
    yield from at_similarities(group, "FNIR", fnir, probes.mates, scale)


def _overall(rows: Sequence[SearchRow]) -> Overall:
    fpir: Overall = {("FPIR", row.similarity_pct): row.fpir for row in rows}
    return {**fpir, **{("FNIR", row.similarity_pct): row.fnir for row in rows}}


def _mistakes(searches: Searches, alarms: Comparisons, scale: Scale) -> Iterator[Mistake]:
    """Mates with the lowest scores, and the false positives with the highest."""
    mates = searches.mates(searches.gallery_size)
    own = searches.faces[searches.mate[searches.mated]]
    for k in np.argsort(mates.scores)[:WORST].tolist():
        if np.isfinite(score := float(mates.scores[k])):
            yield Mistake(True, int(mates.a[k]), int(own[k]), scale.similarity(score), score)
    for k in np.argsort(alarms.scores)[::-1][:WORST].tolist():
        if np.isfinite(score := float(alarms.scores[k])):
            ends = int(alarms.a[k]), int(alarms.b[k])
            yield Mistake(False, *ends, scale.similarity(score), score)


def _keep(pairs: Comparisons, scale: Scale) -> NonMated:
    people = np.concatenate([pairs.subject_a, pairs.subject_b]).max(initial=0) + 1
    return keep(pairs, SubjectDraws.make(int(people)), scale)
