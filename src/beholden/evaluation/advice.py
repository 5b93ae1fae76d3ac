"""Which similarity to decide at, for a gallery of N people and a share of false alarms.

FPIR = 1 - (1 - FMR)^N if comparisons are independent, so the FMR to aim at is
1 - (1 - FPIR)^(1/N). For a large N that is far below what any test set can count; then the tail
of the non-mated scores is extrapolated, and the advice says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from beholden.domain.errors import OperatorError
from beholden.evaluation.curves import FEWEST_ERRORS
from beholden.evaluation.rates import expected_fpir, needed_fmr
from beholden.evaluation.tail import Tail

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """At one similarity: FMR and what it makes of a gallery of N, with 95% limits of FMR."""

    similarity_pct: float
    score: float
    fmr: float
    fmr_low: float
    fmr_high: float
    fpir: float
    fpir_high: float
    extrapolated: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What independence predicts beside what an identification run measured."""

    gallery_size: int
    similarity_pct: float
    fpir_measured: float
    fpir_independent: float


@dataclass(frozen=True, slots=True)
class Advice:
    """`score` meets the target by the best estimate, `safe_score` by its upper 95% limit;
    `similarity_pct` is that of `safe_score`, None if no cosine below 1 can promise it."""

    gallery_size: int
    max_fpir: float
    needed_fmr: float
    smallest_counted_fmr: float
    extrapolated: bool
    score: float
    safe_score: float
    similarity_pct: float | None
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


def advise_from(report: Report, gallery_size: int, max_fpir: float) -> Advice:
    """`report` is Findings.to_json of a verification or an identification.

    Raises OperatorError if it has too few non-mated scores to say anything.
    """
    kept = _kept(report)
    fmr = needed_fmr(max_fpir, gallery_size)
    counted = FEWEST_ERRORS / kept["comparisons"]
    beyond = fmr < counted
    score, safe = _from_tail(kept, fmr) if beyond else _from_curve(kept, fmr)
    return Advice(
        gallery_size=gallery_size,
        max_fpir=max_fpir,
        needed_fmr=fmr,
        smallest_counted_fmr=counted,
        extrapolated=beyond,
        score=score,
        safe_score=safe,
        similarity_pct=None if safe >= 1 else _similarity(kept, safe),
        rows=tuple(_rows(kept, gallery_size)),
        checks=tuple(_checks(report)),
    )


def _kept(report: Report) -> Report:
    try:
        kept: Report = report["results"]["non_mated_scores"]
        if kept["tail"] is not None:
            return kept
    except (KeyError, TypeError):
        raise OperatorError(
            "This is not the JSON of beholden evaluate verification or identification."
        ) from None
    raise OperatorError("The evaluation has too few non-mated comparisons to advise from.")


def _from_curve(kept: Report, fmr: float) -> tuple[float, float]:
    """The lowest scores of the curve whose FMR, and whose upper limit, is at most `fmr`."""
    points = kept["curve"]
    best = next(p["score"] for p in points if p["fmr"]["rate"] <= fmr)
    safe = next((p["score"] for p in points if p["fmr"]["high"] <= fmr), None)
    return best, safe if safe is not None else _from_tail(kept, fmr)[1]


def _from_tail(kept: Report, fmr: float) -> tuple[float, float]:
    """By the fit, and what 97.5% of its bootstrap samples stay below."""
    fits = [Tail(**fit) for fit in kept["tail"]["replicates"]]
    thresholds = [fit.threshold(fmr) for fit in fits if fit.share > 0]
    best = Tail(**kept["tail"]["fitted"]).threshold(fmr)
    return best, float(np.percentile(thresholds, 97.5)) if thresholds else 1.0


def _similarity(kept: Report, score: float) -> float:
    scores, similar = zip(*kept["scale"], strict=True)
    return float(np.interp(score, scores, similar))


def _rows(kept: Report, gallery_size: int) -> Iterator[Row]:
    """At the stated similarities; FMR by count where enough were counted, else by the tail."""
    for point in kept["stated"]:
        rate, score = point["fmr"], point["score"]
        extrapolated = rate["errors"] < FEWEST_ERRORS
        if extrapolated:
            fmr, low, high = _tail_fmr(kept, score)
        else:
            fmr, low, high = rate["rate"], rate["low"], rate["high"]
        fpir, most = (expected_fpir(value, gallery_size) for value in (fmr, high))
        yield Row(point["similarity_pct"], score, fmr, low, high, fpir, most, extrapolated)


def _tail_fmr(kept: Report, score: float) -> tuple[float, float, float]:
    tail = kept["tail"]
    found = [Tail(**fit).fmr(score) for fit in tail["replicates"]]
    low, high = np.percentile(found, (2.5, 97.5)) if found else (0.0, 1.0)
    return Tail(**tail["fitted"]).fmr(score), float(low), float(high)


def _checks(report: Report) -> Iterator[Check]:
    """An identification run measured FPIR: does independence hold there?"""
    for row in report["results"].get("sizes", ()):
        names = ("gallery_size", "similarity_pct", "fpir_measured", "fpir_independent")
        yield Check(*(row[name] for name in names))


def in_words(advice: Advice) -> str:
    """For a terminal."""
    return "\n".join([*_verdict(advice), "", *_table(advice), "", *_caveats(advice)])


def _verdict(advice: Advice) -> Iterator[str]:
    yield (
        f"{advice.gallery_size:,} people, at most {advice.max_fpir:g} of searches with a false "
        f"alarm: FMR must be at most {advice.needed_fmr:.2g}."
    )
    if advice.similarity_pct is None:
        yield "No similarity can promise that with this model on this data."
        return
    yield (
        f"Decide at similarity {advice.similarity_pct:.3f} (score {advice.safe_score:.3f}; best "
        f"estimate {advice.score:.3f}, the rest is for uncertainty)."
    )
    if advice.extrapolated:
        yield (
            f"EXTRAPOLATED: the data counts down to FMR {advice.smallest_counted_fmr:.1g}; below "
            "that a generalised Pareto tail is fitted. Measure on more people before relying on it."
        )


def _table(advice: Advice) -> Iterator[str]:
    yield f"{'similarity':>10} {'FMR':>9} {'up to':>9} {'FPIR':>9} {'up to':>9}"
    for row in advice.rows:
        mark = "  extrapolated" if row.extrapolated else ""
        yield (
            f"{row.similarity_pct:>10.4g} {row.fmr:>9.2g} {row.fmr_high:>9.2g} "
            f"{row.fpir:>9.2g} {row.fpir_high:>9.2g}{mark}"
        )


def _caveats(advice: Advice) -> Iterator[str]:
    yield (
        "FPIR = 1 - (1 - FMR)^N, as if comparisons were independent; where people differ in how "
        "often they are mistaken, the true FPIR over all of them is lower."
    )
    largest = max((check.gallery_size for check in advice.checks), default=0)
    for check in advice.checks:
        if check.gallery_size == largest:
            yield (
                f"Check, N = {check.gallery_size:,}, similarity {check.similarity_pct:g}: measured "
                f"{check.fpir_measured:.2g}, by independence {check.fpir_independent:.2g}."
            )
