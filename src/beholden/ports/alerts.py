"""Alerts that a person has to look into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from beholden.domain.alert import Alert, Settled


class Alerts(Protocol):
    def add(self, alert: Alert) -> bool:
        """Keep it, durable on return. False, and a no-op, if its id is known."""
        ...

    def get(self, alert_id: str) -> Alert:
        """Raises ResourceNotFound."""
        ...

    def list(self, *, settled: bool, limit: int) -> Sequence[Alert]:
        """The newest first, with those that were settled or without."""
        ...

    def settle(self, alert_id: str, as_: Settled, by: str, note: str) -> Alert:
        """Close it, now. Raises ResourceNotFound, ConflictingState if it was settled before."""
        ...
