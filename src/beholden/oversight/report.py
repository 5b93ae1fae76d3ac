"""The numbers of the public page and of a yearly report, from a tally."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

SCHEMA = "beholden/transparency/1"
CALLS = (
    "searches",
    "matched",
    "unmatched",
    "withheld",
    "videos",
    "videos_matched",
    "live",
    "live_matched",
    "live_recordings",
    "comparisons",
    "enrolments",
    "raised",
    "refused",
    "failed",
)


def report(tally: Json, year: int | None = None) -> dict[str, Any]:
    """JSON: all that the page states, of one calendar year or since the beginning."""
    months = {
        name: counts
        for name, counts in sorted(tally["months"].items())
        if year is None or name.startswith(f"{year:04}-")
    }
    return {
        "schema": SCHEMA,
        "year": year,
        "entries": tally["entries"],
        "first_day": tally["first_day"],
        "last_day": tally["last_day"],
        "profiles": _history(tally["profiles"]),
        "policies": _history(tally["policies"]),
        "purposes": [{"name": name, **kept} for name, kept in sorted(tally["purposes"].items())],
        "totals": _totals(row for month in months.values() for row in month["calls"].values()),
        "months": list(_rows(months)),
        "thresholds": list(_thresholds(months)),
        "refusals": _summed(month["refusals"] for month in months.values()),
        "authorizations": _summed(month["authorizations"] for month in months.values()),
        "reviews": list(_reviews(months)),
        "alerts": _summed(month["alerts"] for month in months.values()),
        "settled": _summed(month["settled"] for month in months.values()),
        "evaluations": _evaluations(tally["evaluations"], year),
        "cameras": [{"name": name, **kept} for name, kept in sorted(tally["cameras"].items())],
    }


def _history(history: list[list[str]]) -> list[dict[str, str]]:
    return [{"since": day, "value": value} for day, value in history]


def _totals(rows: Iterator[Json]) -> dict[str, int]:
    summed = _summed(rows)
    return {name: summed.get(name, 0) for name in CALLS}


def _summed(rows: Iterator[Json]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        for name, number in row.items():
            counts[name] = counts.get(name, 0) + number
    return dict(sorted(counts.items()))


def _rows(months: Json) -> Iterator[dict[str, Any]]:
    """One for each month and purpose with a call."""
    for month, counts in months.items():
        for purpose, row in sorted(counts["calls"].items()):
            yield {"month": month, "purpose": purpose, **{n: row.get(n, 0) for n in CALLS}}


def _thresholds(months: Json) -> Iterator[dict[str, Any]]:
    """How often each threshold decided a search or comparison, by purpose."""
    for purpose in sorted({name for counts in months.values() for name in counts["thresholds"]}):
        used = _summed(counts["thresholds"].get(purpose, {}) for counts in months.values())
        for threshold, calls in sorted(used.items(), key=lambda item: float(item[0])):
            yield {"purpose": purpose, "threshold_pct": float(threshold), "calls": calls}


def _reviews(months: Json) -> Iterator[dict[str, Any]]:
    for purpose in sorted({name for counts in months.values() for name in counts["reviews"]}):
        states = _summed(counts["reviews"].get(purpose, {}) for counts in months.values())
        yield {"purpose": purpose, "states": states}


def _evaluations(filed: Json, year: int | None) -> list[Json]:
    """The newest of each kind."""
    newest: dict[str, Json] = {}
    for filed_in, kinds in sorted(filed.items()):
        if year is None or filed_in == f"{year:04}":
            newest |= kinds
    return [newest[kind] for kind in sorted(newest)]
