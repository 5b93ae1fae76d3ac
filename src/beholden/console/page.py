"""From the report's numbers to the page, and from checkpoints to the feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from beholden.console import charts

Json = Mapping[str, Any]

# What the log calls things, in words.
REVIEWS = {
    "upheld": "upheld: two people agreed, and the match was released",
    "no-match": "no match: two people agreed that it is nobody",
    "overturned": "overturned: the two disagreed, and nothing was released",
    "expired": "expired: destroyed when its time ran out",
}
PATTERNS = {
    "one-case-many-probes": "one case over many unrelated faces",
    "one-probe-many-cases": "one face under many cases",
    "volume-out-of-pattern": "many more searches than usual by one person",
    "random-sample": "drawn at random for a second look",
}
MEASURES = {
    "FMR": "taken for somebody else (FMR)",
    "FNMR": "not recognised (FNMR)",
    "FPIR": "a search finds the wrong person (FPIR)",
    "FNIR": "a search misses the right person (FNIR)",
}
SETTLED = {"explained": "explained", "misuse": "found to be misuse"}


# A name that is not there stands for itself.
WORDS: Mapping[str, Mapping[str, str]] = {
    name: defaultdict(str, words)
    for name, words in {
        "reviews": REVIEWS,
        "patterns": PATTERNS,
        "measures": MEASURES,
        "settled": SETTLED,
    }.items()
}


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a reader checks the page with: the verifier keys of the published log and of the audit
    log, each one line."""

    key: str
    audit_key: str

    @property
    def origin(self) -> str:
        return self.audit_key.split("+")[0]


def html(report: Json, log: PublicKeys) -> str:
    """One page that needs nothing else."""
    purposes = [row["purpose"] for row in report["months"]]
    names = sorted(dict.fromkeys(purposes))
    return (
        _environment()
        .get_template("transparency.html")
        .render(
            report=report,
            log=log,
            names=names,
            charts=charts,
            lower=lambda made: _lower(report, made["summary"]["in_use_pct"]),
            words=WORDS,
            years=sorted({row["month"][:4] for row in report["months"]}),
        )
    )


def feed(days: Sequence[Json], log: PublicKeys) -> str:
    """Atom: an entry for the last checkpoints of each day, the newest first."""
    made: str = _environment().get_template("feed.xml").render(days=days[::-1], log=log)
    return made


def _lower(report: Json, measured_at_pct: float) -> list[float]:
    """Thresholds that decided a call and are lower than the one whose error rates are shown."""
    used = {row["threshold_pct"] for row in report["thresholds"]}
    return sorted(threshold for threshold in used if threshold < measured_at_pct)


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("beholden.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"n": lambda number: f"{number:,}", "share": share}
    return made


def share(value: float | None) -> str:
    """An error rate as people read it."""
    if value is None:
        return "not measured"
    if value >= 0.001:
        return f"{value:.1%}" if value >= 0.1 else f"{value:.2%}"
    return f"1 in {1 / value:,.0f}" if value else "0"
