"""An evaluation as the page shows it. Whoever files one writes its summary: what is missing or
malformed there is left out, and breaks no page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """One row: who, which error (FMR, FNMR, ...), and the rate, None with too little data."""

    whom: str
    measure: str
    rate: Json | None


@dataclass(frozen=True, slots=True)
class Measured:
    """`in_use_pct` is the similarity that the rates are stated at, empty where none decides;
    `lower` are those that decided calls though they are lower."""

    kind: str
    day: str
    model: str
    list_sha256: str
    images: str
    in_use_pct: str
    warnings: tuple[str, ...]
    rows: tuple[Rate, ...]
    lower: tuple[str, ...]

    @classmethod
    def of(cls, filed: Json, report: Json) -> Measured:
        summary = _mapping(filed.get("summary"))
        used = summary.get("in_use_pct")
        return cls(
            kind=str(filed["kind"]),
            day=str(summary.get("made_at", filed["day"]))[:10],
            model=str(filed.get("model", "unknown")),
            list_sha256=str(filed["list_sha256"]),
            images=_images(summary),
            in_use_pct="" if used is None else _number(used),
            warnings=tuple(str(text) for text in _list(summary.get("warnings"))),
            rows=(*_overall(summary, used), *_groups(filed, used)),
            lower=tuple(_lower(report, used)),
        )


def _images(summary: Json) -> str:
    images, failed = summary.get("images"), summary.get("failed")
    if not isinstance(images, int) or not isinstance(failed, int):
        return "pictures not counted"
    return f"{images:,} pictures, of which {failed:,} gave nothing"


def _overall(summary: Json, used: object) -> Iterator[Rate]:
    """Over all groups, at the threshold in use."""
    for row in map(_mapping, _list(_mapping(summary.get("headline")).get("at"))):
        if row.get("similarity_pct") == used:
            rates = (pair for pair in row.items() if _is_rate(pair[1]))
            yield from (Rate("everybody", name.upper(), rate) for name, rate in rates)


def _groups(filed: Json, used: object) -> Iterator[Rate]:
    """Of each group, at the threshold in use, or where no threshold decides."""
    for row in map(_mapping, _list(filed.get("groups"))):
        if row.get("similarity_pct") in (used, None) and _is_rate(row):
            rate = None if row.get("too_little") else row
            yield Rate(str(row.get("group")), str(row.get("measure")), rate)


def _lower(report: Json, used: object) -> list[str]:
    if not isinstance(used, int | float):
        return []
    decided = sorted({row["threshold_pct"] for row in report["thresholds"]})
    return [_number(threshold) for threshold in decided if threshold < used]


def _is_rate(value: object) -> bool:
    """Errors of trials, with the rate and its interval where there were any."""
    row = _mapping(value)
    if not isinstance(row.get("errors"), int) or not isinstance(row.get("trials"), int):
        return False
    bounds = [row.get(name) for name in ("rate", "low", "high")]
    return not row["trials"] or all(isinstance(bound, int | float) for bound in bounds)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else "unknown"


def _mapping(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
