"""Watching for misuse: what the detector finds is logged, sent out, and kept for the auditor."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from beholden.domain.alert import Alert, Pattern
from beholden.domain.audit import AuditRecord, RecordKind
from beholden.domain.errors import ResourceNotFound
from beholden.domain.message import Message
from beholden.oversight.misuse import VERSION, Detector, Limits, new_state
from beholden.ports.alerts import Alerts
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock
from beholden.ports.notifier import Notifier
from beholden.ports.states import States
from beholden.ports.trail import Trail

STATE = "misuse"
# Seconds' worth of reading; what a crash loses is read again.
SAVE_EVERY = 20_000
# Who raises alerts: no key can carry this role.
RAISED_BY, ROLE, PURPOSE = "beholden", "system", "oversight"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an alert goes: the log, then the notifier, then the list that auditors see.

    Whoever stops in between finds it unlisted and does it all again: it is told at least once.
    """

    audit: Audit
    notifier: Notifier
    alerts: Alerts
    new_id: Callable[[], str]

    def raise_(self, alert: Alert, now: datetime) -> None:
        if self._known(alert):
            return
        self.audit.append(self._record(alert, now))
        if alert.pattern is not Pattern.SAMPLE:
            self.notifier.send(_message(alert))
        self.alerts.add(alert)

    def _known(self, alert: Alert) -> bool:
        try:
            self.alerts.get(alert.alert_id)
        except ResourceNotFound:
            return False
        return True

    def _record(self, alert: Alert, now: datetime) -> AuditRecord:
        return AuditRecord(
            kind=RecordKind.ADMIN,
            call_id=self.new_id(),
            at=now,
            principal=RAISED_BY,
            key_id="",
            role=ROLE,
            purpose=PURPOSE,
            case=None,
            action="beholden:RaiseAlert",
            resource='Deployment::"alerts"',
            facts=facts_of(alert),
        )


class Watcher:
    """Reads the audit log on from where it stopped, also across restarts."""

    def __init__(
        self,
        trail: Trail,
        desk: Desk,
        states: States,
        clock: Clock,
        *,
        limits: Limits,
        secret: bytes,
    ) -> None:
        """`secret` draws the sample."""
        self._trail = trail
        self._desk = desk
        self._states = states
        self._clock = clock
        self._limits = limits
        self._secret = secret
        self._detector: Detector | None = None
        self._saved = 0
        self._lock = Lock()

    def run(self) -> int:
        """Look at what is new. Returns how many alerts that gave. Raises AuditUnavailable and
        ServerError; what was not kept by then is looked at again."""
        with self._lock:
            detector = self._detector or self._restored()
            self._detector = None
            raised = self._look(detector)
            self._detector = detector
            return raised

    def close(self) -> None:
        """Keep what was seen. Safe to call twice."""
        with self._lock:
            if self._detector is not None:
                self._save(self._detector, 1)

    def _look(self, detector: Detector) -> int:
        raised = 0
        for index, entry in self._trail.entries(detector.state["position"]):
            for alert in detector.see(index, json.loads(entry)):
                self._desk.raise_(alert, self._clock.now())
                raised += 1
            self._save(detector, SAVE_EVERY)
        return raised

    def _save(self, detector: Detector, least: int) -> None:
        if detector.state["position"] - self._saved >= least:
            self._states.save(STATE, detector.state)
            self._saved = detector.state["position"]

    def _restored(self) -> Detector:
        kept = self._states.load(STATE)
        if kept is None or kept["version"] != VERSION:
            kept = new_state()
        self._saved = kept["position"]
        return Detector(self._limits, self._secret, kept)


def facts_of(alert: Alert) -> dict[str, object]:
    """An alert as JSON: for the log and for receivers."""
    return {
        "alert": alert.alert_id,
        "pattern": str(alert.pattern),
        "at": alert.at.isoformat(),
        "subject": alert.subject,
        "principals": list(alert.principals),
        "count": alert.count,
        "limit": alert.limit,
        "entries": list(alert.entries),
        "text": alert.text,
    }


def _message(alert: Alert) -> Message:
    return Message(alert.alert_id, alert.at, f"Beholden: {alert.text}", facts_of(alert))
