"""A log in memory, and what follows it."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from beholden.domain.audit import AuditRecord, RecordKind
from beholden.oversight.misuse import Limits
from beholden.oversight.watch import Desk, Watcher
from beholden.testing.alerts import FakeAlerts
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.notifier import FakeNotifier
from beholden.testing.trail import FakeStates, FakeTrail

QUIET = Limits(sample_pct=0)


class Log:
    """A log with searches in it, and a watcher that reads it."""

    def __init__(self):
        self.clock = FakeClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.audit = MemoryAudit()
        self.alerts = FakeAlerts(self.clock)
        self.notifier = FakeNotifier()
        self.states = FakeStates()
        self._ids = count(1)

    def new_id(self):
        return f"id-{next(self._ids)}"

    def record(self, action, kind=RecordKind.OUTCOME, facts=None, **more):
        who = {"principal": "dan", "role": "operator", "purpose": "door", "case": None} | more
        self.audit.append(
            AuditRecord(
                kind=kind,
                call_id=self.new_id(),
                at=self.clock.now(),
                key_id="AKIA",
                action=action,
                resource='Collection::"x"',
                facts=facts or {},
                **who,
            )
        )

    def search(self, probe="p1", case=None, found=(), principal="dan", **more):
        """`more` are `gallery`, `sure` (similarity in percent) and `action`."""
        sure, action = more.get("sure", 99.0), more.get("action", "SearchFacesByImage")
        candidates = [{"face": face, "similarity_pct": sure} for face in found]
        facts = {"probe": probe, "candidates": candidates, "gallery": more.get("gallery", "x")}
        self.record(action, facts=facts, case=case, principal=principal)

    def days(self, number=1):
        self.clock.advance(timedelta(days=number))

    def watcher(self, limits=QUIET):
        desk = Desk(self.audit, self.notifier, self.alerts, self.new_id)
        return Watcher(
            FakeTrail(self.audit),
            desk,
            self.states,
            self.clock,
            limits=limits,
            secret=b"secret" * 6,
        )

    def found(self, limits=QUIET):
        self.watcher(limits).run()
        return self.alerts.list(settled=False, limit=1_000)


@pytest.fixture
def log():
    return Log()
