"""Alerts raised, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, insert, select, update

from beholden.domain.alert import Alert, Pattern, Settled
from beholden.domain.errors import ConflictingState, ResourceNotFound
from beholden.engines.records.alerts_schema import alerts
from beholden.engines.records.database import Database
from beholden.ports.clock import Clock


class SqlAlerts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, alert: Alert) -> bool:
        row = asdict(alert) | {"principals": list(alert.principals), "entries": list(alert.entries)}
        with self._database.writing() as connection:
            known = select(alerts.c.alert_id).where(alerts.c.alert_id == alert.alert_id)
            if connection.execute(known).one_or_none() is not None:
                return False
            connection.execute(insert(alerts).values(**row))
            return True

    def get(self, alert_id: str) -> Alert:
        with self._database.reading() as connection:
            row = connection.execute(
                select(alerts).where(alerts.c.alert_id == alert_id)
            ).one_or_none()
        if row is None:
            raise ResourceNotFound(f"There is no alert {alert_id}.")
        return _alert(row)

    def list(self, *, settled: bool, limit: int) -> Sequence[Alert]:
        asked = select(alerts).order_by(alerts.c.at.desc(), alerts.c.alert_id).limit(limit)
        if not settled:
            asked = asked.where(alerts.c.settled.is_(None))
        with self._database.reading() as connection:
            return [_alert(row) for row in connection.execute(asked)]

    def settle(self, alert_id: str, as_: Settled, by: str, note: str) -> Alert:
        alert = self.get(alert_id)
        values = {"settled": as_, "settled_by": by, "settled_at": self._clock.now(), "note": note}
        open_ = update(alerts).where(alerts.c.alert_id == alert_id, alerts.c.settled.is_(None))
        with self._database.writing() as connection:
            if connection.execute(open_.values(**values)).rowcount != 1:
                raise ConflictingState(f"Alert {alert.alert_id} was settled before.")
        return self.get(alert_id)


def _alert(row: Row[Any]) -> Alert:
    kept = dict(row._mapping)
    return Alert(
        **kept
        | {
            "pattern": Pattern(kept["pattern"]),
            "principals": tuple(kept["principals"]),
            "entries": tuple(kept["entries"]),
            "settled": Settled(kept["settled"]) if kept["settled"] else None,
        }
    )
