"""A finished evaluation as one record: what was measured, on what, with which models, when."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from beholden.evaluation.groups import Gap, GroupRate
from beholden.evaluation.lists import Source
from beholden.evaluation.observe import Failures
from beholden.evaluation.strays import Mark

SCHEMA = "beholden/evaluation/1"
# A failure to acquire more often than this is worth a word.
NOTABLE_FTA = 0.02


class Result(Protocol):
    """What each kind of evaluation ends in: a frozen dataclass with at least this."""

    @property
    def groups(self) -> tuple[GroupRate, ...]: ...

    @property
    def gaps(self) -> tuple[Gap, ...]: ...

    def headline(self) -> Mapping[str, Any]:
        """The few numbers that stand for the whole, JSON: for the log and the public page."""
        ...

    def shown(self) -> Mapping[int, Sequence[Mark]]:
        """Rows of the image list whose pictures belong in the report: the face that was used or,
        where there are marks, the whole picture with them."""
        ...

    def warnings(self) -> Iterator[str]:
        """What whoever decides with these numbers must be told, in whole sentences."""
        ...


@dataclass(frozen=True, slots=True)
class Conditions:
    """What it takes to repeat an evaluation. `model_files` has the SHA-256 of each by name;
    `in_use_pct` is the similarity that decides, None where none does."""

    kind: str
    made_at: datetime
    command: str
    beholden: str
    model_version: str
    model_files: Mapping[str, str]
    source: Source
    in_use_pct: float | None
    groups: tuple[str, ...] = ()
    which_face: str = "largest"


@dataclass(frozen=True, slots=True)
class Findings:
    """The whole evaluation."""

    conditions: Conditions
    failures: Failures
    seconds: float
    result: Result

    def warnings(self) -> list[str]:
        return [*_fta(self.failures), *self.result.warnings(), *_groups(self.result)]

    def to_json(self) -> dict[str, Any]:
        """The schema is described in docs/evaluate.md."""
        head = plain(asdict(self.conditions))
        return {
            "schema": SCHEMA,
            **head,
            "seconds": round(self.seconds, 1),
            "failures": plain(asdict(self.failures)),
            "warnings": self.warnings(),
            "headline": plain(self.result.headline()),
            "results": plain(asdict(self.result)),  # type: ignore[call-overload]
        }

    def summary(self) -> dict[str, Any]:
        """For the log: conditions and headline, no names of files or people."""
        keep = ("made_at", "beholden", "model_version", "model_files", "in_use_pct", "which_face")
        head = plain(asdict(self.conditions))
        counts = {"images": self.failures.images, "failed": self.failures.failed}
        return {
            **{name: head[name] for name in keep},
            **counts,
            "warnings": self.warnings(),
            "headline": plain(self.result.headline()),
        }

    def group_rates(self) -> list[dict[str, Any]]:
        """One flat row per group rate, for the log."""
        return [_flat(row) for row in self.result.groups]


def _flat(row: GroupRate) -> dict[str, Any]:
    kept = ("group", "measure", "similarity_pct", "too_little")
    return {name: getattr(row, name) for name in kept} | _rounded(asdict(row.rate))


def _rounded(rate: Mapping[str, Any]) -> dict[str, Any]:
    floats = {k: float(f"{v:.4g}") for k, v in rate.items() if isinstance(v, float)}
    return {k: v for k, v in rate.items() if k != "interval"} | floats


def plain(value: Any) -> Any:
    """JSON of dataclasses turned to dicts: dates as text, not-a-number as null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.9g}")
    return value


def _fta(failures: Failures) -> Iterator[str]:
    share = failures.failed / max(1, failures.images)
    if share > NOTABLE_FTA:
        yield (
            f"Nothing came of {failures.failed} of {failures.images} images ({share:.1%}): who or "
            "what they show is never found, whatever the threshold."
        )


def _groups(result: Result) -> Iterator[str]:
    yield from (gap_sentence(gap) for gap in result.gaps if gap.in_use and gap.largest.apart)
    yield from _too_little(result.groups)


def gap_sentence(gap: Gap) -> str:
    """The ratio in words."""
    ratio = gap.largest
    at_least = "at least " if ratio.at_least else ""
    where = "" if gap.similarity_pct is None else f" at similarity {gap.similarity_pct:g}"
    sure = "" if ratio.apart else " (their intervals overlap: it may be chance)"
    return (
        f"{gap.measure}{where} is {at_least}{ratio.ratio:.1f} times as high for {ratio.worst} as "
        f"for {ratio.best}{sure}."
    )


def _too_little(rows: Sequence[GroupRate]) -> Iterator[str]:
    measured = {row.measure for row in rows if row.rate.trials}
    in_use = [row for row in rows if row.in_use and row.measure in measured]
    for measure in dict.fromkeys(row.measure for row in in_use):
        here = [row for row in in_use if row.measure == measure]
        few = [row.group for row in here if row.too_little]
        if few:
            names = "; ".join(few[:4]) + (f" and {len(few) - 4} more" if len(few) > 4 else "")
            share = f"{len(few)} of {len(here)} groups"
            yield f"Too little data to state {measure} for {share}: {names}."
