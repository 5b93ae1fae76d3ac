"""What a deployment may be used for, declared once by its operator for all keys that carry it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# RCW 43.386.020 asks for a new accountability report every two years.
REPORT_LIVES = timedelta(days=730)

# What is guessed from a face about who somebody is or how they feel (Rekognition's names).
SENSITIVE_ATTRIBUTES = frozenset({"AGE_RANGE", "EMOTIONS", "GENDER"})


@dataclass(frozen=True, slots=True)
class AccountabilityReport:
    """The report on file: its SHA-256 in hex, and when it was filed."""

    sha256: str
    filed_at: datetime

    def current(self, now: datetime) -> bool:
        """Neither too old nor, by a clock that was set back, from the future."""
        return timedelta(0) <= now - self.filed_at < REPORT_LIVES


@dataclass(frozen=True, slots=True)
class Purpose:
    """The terms under which keys with this purpose work.

    `basis` is the legal basis in words, empty if none is declared; `consent` asks each enrolment
    for a consent receipt; `threshold_floor_pct` is the least similarity a caller may ask for, and a
    lower one is raised to it if `floor_raises`, else refused; `review` withholds the candidates of
    a search until two people agree; `attributes` are the sensitive attributes that may be told
    (Rekognition's names, such as EMOTIONS); `authorization` lets nobody search without a live
    authorization. A purpose that has ended is kept, but nothing may be done for it any more, and
    `grace_days` later whoever was enrolled for it is forgotten.
    """

    name: str
    basis: str
    consent: bool
    retention_days: int | None
    threshold_floor_pct: float | None
    floor_raises: bool
    review: bool
    attributes: frozenset[str]
    report: AccountabilityReport | None
    declared_at: datetime
    ended_at: datetime | None = None
    authorization: bool = False
    grace_days: int = 1

    def forgotten_at(self, enrolled_at: datetime) -> datetime | None:
        """When whoever was enrolled then is forgotten; None is never."""
        ends = []
        if self.retention_days is not None:
            ends.append(enrolled_at + timedelta(days=self.retention_days))
        if self.ended_at is not None:
            ends.append(self.ended_at + timedelta(days=self.grace_days))
        return min(ends, default=None)

    def forgets(self, now: datetime) -> datetime | None:
        """Whoever was enrolled at this time or before is to be forgotten by now; None keeps all."""
        if self.ended_at is not None and now >= self.ended_at + timedelta(days=self.grace_days):
            return now
        if self.retention_days is None:
            return None
        return now - timedelta(days=self.retention_days)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What a full declaration still needs, in words."""
        needs = {
            "a basis or consent": bool(self.basis) or self.consent,
            "a retention term": self.retention_days is not None,
        }
        return tuple(need for need, there in needs.items() if not there)
