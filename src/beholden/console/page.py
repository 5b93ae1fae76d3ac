"""From the report's numbers to the page, and from checkpoints to the feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment

from beholden import pages
from beholden.console import charts
from beholden.console.measured import Measured
from beholden.oversight.published import TERMS

Json = Mapping[str, Any]

# What the log calls things, in words.
REVIEWS = {
    "upheld": "upheld: two people agreed, and the match was released",
    "no-match": "no match: two people agreed that it is nobody",
    "overturned": "overturned: the two disagreed, and nothing was released",
    "expired": "destroyed when its time ran out, decided or not",
}
AUTHORIZATIONS = {
    "requested": "asked for",
    "approvals": "approvals, each by one person",
    "emergencies": "emergency starts, before anybody approved",
    "revoked": "revoked",
    "undone": "not approved in time or revoked before: all that was found was deleted",
}
PATTERNS = {
    "one-case-many-probes": "one case over many unrelated faces",
    "one-probe-many-cases": "one face under many cases",
    "volume-out-of-pattern": "many more searches than usual by one person",
    "random-sample": "drawn at random for a second look",
}
CALLS = {
    "searches": "searches",
    "matched": "found somebody",
    "unmatched": "found nobody",
    "withheld": "to two reviewers",
    "videos": "recordings searched",
    "videos_matched": "with somebody",
    "live": "cameras searched live",
    "live_matched": "people found live",
    "live_recordings": "live recordings kept",
    "comparisons": "comparisons",
    "enrolments": "enrolled",
    "refused": "refused",
    "failed": "failed",
}
# Columns that nothing would stand in are left out.
SELDOM = ("withheld", "videos", "videos_matched", "live", "live_matched", "live_recordings")
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
        "calls": CALLS,
        "reviews": REVIEWS,
        "authorizations": AUTHORIZATIONS,
        "patterns": PATTERNS,
        "measures": MEASURES,
        "settled": SETTLED,
    }.items()
}


# The terms of a purpose of which the log says no more than its name.
NO_TERMS: dict[str, Any] = dict.fromkeys(TERMS)


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a reader checks the page with: the verifier keys of the published log and of the audit
    log, each one line."""

    key: str
    audit_key: str

    @property
    def origin(self) -> str:
        return self.audit_key.split("+")[0]


def html(report: Json, keys: PublicKeys) -> str:
    """One page that needs nothing else."""
    made: str = (
        environment()
        .get_template("transparency.html")
        .render(
            report=report,
            keys=keys,
            purposes=[
                {**purpose, "terms": NO_TERMS | purpose["terms"]} for purpose in report["purposes"]
            ],
            evaluations=[Measured.of(filed, report) for filed in report["evaluations"]],
            names=sorted({row["purpose"] for row in report["months"]}),
            columns=[name for name in CALLS if name not in SELDOM or report["totals"][name]],
            years=sorted({row["month"][:4] for row in report["months"]}),
            charts=charts,
            words=WORDS,
        )
    )
    return made


def feed(days: Sequence[Json], keys: PublicKeys) -> str:
    """Atom: an entry for the last checkpoints of each day, the newest first."""
    made: str = environment().get_template("feed.xml").render(days=days[::-1], keys=keys)
    return made


@cache
def environment() -> Environment:
    return pages.environment("beholden.console", n=lambda number: f"{number:,}", share=share)


def share(value: float | None) -> str:
    """An error rate as people read it."""
    if value is None:
        return "not measured"
    if value >= 0.001:
        return f"{value:.1%}" if value >= 0.1 else f"{value:.2%}"
    return f"1 in {1 / value:,.0f}" if value else "0"
