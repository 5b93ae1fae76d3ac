"""Alerts: what a look at the log found worth a person's question. Suspicion, not a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Pattern(StrEnum):
    """What was seen (rule 9). A `SAMPLE` is no suspicion: it was drawn at random."""

    CASE_MANY_PROBES = "one-case-many-probes"
    PROBE_MANY_CASES = "one-probe-many-cases"
    VOLUME = "volume-out-of-pattern"
    SAMPLE = "random-sample"


class Settled(StrEnum):
    """What the person who looked into an alert concluded."""

    EXPLAINED = "explained"
    MISUSE = "misuse"


@dataclass(frozen=True, slots=True)
class Alert:
    """`subject` is the case, probe, principal or call that it is about; `principals` made the
    calls; `entries` are the last of their indices in the log; `count` was seen where `limit` is
    the most that goes without an alert."""

    alert_id: str
    pattern: Pattern
    at: datetime
    subject: str
    principals: tuple[str, ...]
    count: int
    limit: int
    entries: tuple[int, ...]
    text: str
    settled: Settled | None = None
    settled_by: str | None = None
    settled_at: datetime | None = None
    note: str = ""
