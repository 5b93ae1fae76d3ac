"""A change that one person asked for and another has to approve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """`kind` says what would change, `what` holds the new state whole (JSON)."""

    no: int
    kind: str
    what: Mapping[str, object]
    proposed_by: str
    proposed_at: datetime
