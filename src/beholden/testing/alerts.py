"""Alerts in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from beholden.domain.alert import Alert, Settled
from beholden.domain.errors import ConflictingState, ResourceNotFound
from beholden.ports.clock import Clock


class FakeAlerts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Alert] = {}

    def add(self, alert: Alert) -> bool:
        return self._kept.setdefault(alert.alert_id, alert) is alert

    def get(self, alert_id: str) -> Alert:
        if alert_id not in self._kept:
            raise ResourceNotFound(f"There is no alert {alert_id}.")
        return self._kept[alert_id]

    def list(self, *, settled: bool, limit: int) -> Sequence[Alert]:
        found = [alert for alert in self._kept.values() if settled or alert.settled is None]
        newest = sorted(found, key=lambda alert: (-alert.at.timestamp(), alert.alert_id))
        return newest[:limit]

    def settle(self, alert_id: str, as_: Settled, by: str, note: str) -> Alert:
        alert, now = self.get(alert_id), self._clock.now()
        if alert.settled is not None:
            raise ConflictingState(f"Alert {alert_id} was settled before.")
        settled = replace(alert, settled=as_, settled_by=by, settled_at=now, note=note)
        self._kept[alert_id] = settled
        return settled
