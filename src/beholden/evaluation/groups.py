"""Error rates by group: who is compared with whom, where the data is too little, the gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from beholden.evaluation.comparisons import Comparisons, Curve
from beholden.evaluation.rates import Rate
from beholden.evaluation.scale import Scale

# What "too little data" means; the report and docs/evaluate.md say it in these words.
FEWEST_SUBJECTS = 10
FEWEST_ERRORS = 3
TOO_LITTLE = (
    f"fewer than {FEWEST_SUBJECTS} subjects, or fewer than {FEWEST_ERRORS} errors where fewer than "
    f"{FEWEST_ERRORS} were to be expected at the rate over all groups (rule of 3)"
)


@dataclass(frozen=True, slots=True)
class Group:
    """One group of one grouping, for example "gender=Female, race=Black"; `members` is a mask."""

    grouping: str
    label: str
    members: NDArray[np.bool_]


def groups_of(columns: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> Iterator[Group]:
    """Each wanted column by itself, then all of them crossed. Rows with no value belong to no
    group of that column."""
    sets = [(name,) for name in wanted] + ([tuple(wanted)] if len(wanted) > 1 else [])
    for names in sets:
        values = np.array([_label(columns, names, i) for i in range(len(columns[names[0]]))])
        for label in sorted(set(values.tolist()) - {""}):
            yield Group(" x ".join(names), label, values == label)


def _label(columns: Mapping[str, Sequence[str]], names: Sequence[str], row: int) -> str:
    values = [columns[name][row] for name in names]
    return ", ".join(values) if all(values) else ""


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One error rate of one group, at one similarity (None where no threshold decides)."""

    grouping: str
    group: str
    measure: str
    similarity_pct: float | None
    in_use: bool
    subjects: int
    rate: Rate
    too_little: bool = False


def at_similarities(
    group: Group, measure: str, curve: Curve, pairs: Comparisons, scale: Scale
) -> Iterator[GroupRate]:
    """The rate of a group at each similarity of the report: `curve` is measured on its `pairs`."""
    for pct in scale.similarities_pct:
        rate, in_use = curve.at(scale.score(pct)), pct == scale.in_use_pct
        yield GroupRate(group.grouping, group.label, measure, pct, in_use, pairs.subjects, rate)


Overall = Mapping[tuple[str, float | None], Rate]


def judged(rows: Sequence[GroupRate], overall: Overall) -> tuple[GroupRate, ...]:
    """The rows, each told whether its data is too little: see TOO_LITTLE. `overall` has the rate
    over all groups by measure and similarity."""
    return tuple(replace(row, too_little=_too_little(row, overall)) for row in rows)


def _too_little(row: GroupRate, overall: Overall) -> bool:
    expected = (overall[row.measure, row.similarity_pct].rate or 0.0) * row.rate.trials
    return row.subjects < FEWEST_SUBJECTS or max(row.rate.errors, expected) < FEWEST_ERRORS


@dataclass(frozen=True, slots=True)
class Ratio:
    """The largest ratio of an error rate between two groups that have enough data.

    `at_least`: the better group showed no error, so its 95% upper bound stands in for its rate.
    `apart`: the two 95% intervals do not overlap, so it is not chance alone.
    """

    worst: str
    best: str
    ratio: float
    at_least: bool
    apart: bool


def largest_ratio(rates: Mapping[str, Rate]) -> Ratio | None:
    """The highest over the lowest rate, as NIST IR 8280 states differentials.

    None if fewer than two groups have data, or no gap can be shown.
    """
    bounds = {name: _floor(rate) for name, rate in rates.items() if rate.trials}
    if len(bounds) < 2:
        return None
    worst = max(bounds, key=lambda name: rates[name].rate or 0.0)
    best = min((name for name in bounds if name != worst), key=bounds.__getitem__)
    high, low = rates[worst], rates[best]
    if not high.errors:
        return None
    apart = (high.low or 0.0) > (low.high or 1.0)
    ratio = (high.rate or 0.0) / bounds[best]
    return Ratio(worst, best, ratio, low.errors == 0, apart) if ratio > 1 else None


def _floor(rate: Rate) -> float:
    """A positive stand-in: the rate, or the upper bound where there was no error."""
    return float(rate.rate or rate.high or 1.0)


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest ratio between the groups of one grouping, for one measure and similarity."""

    grouping: str
    measure: str
    similarity_pct: float | None
    in_use: bool
    largest: Ratio


def gaps_of(rows: Sequence[GroupRate]) -> Iterator[Gap]:
    """One for each grouping, measure and similarity where a ratio can be shown."""
    sets: dict[tuple[str, str, float | None, bool], dict[str, Rate]] = {}
    for row in rows:
        if not row.too_little:
            key = (row.grouping, row.measure, row.similarity_pct, row.in_use)
            sets.setdefault(key, {})[row.group] = row.rate
    for key, rates in sets.items():
        if ratio := largest_ratio(rates):
            yield Gap(*key, ratio)
