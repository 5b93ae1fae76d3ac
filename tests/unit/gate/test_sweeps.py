"""What the server does by itself goes through the gate, and one failure stops nothing else."""

from datetime import timedelta

import pytest

from beholden.domain.access import Identifies, Resource
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.registry import Operation
from beholden.gate.sweeps import SYSTEM, Sweep, sweeper
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.policy import UnsafeAllowEverything


class House:
    """`tidy` does what it is told, `fails` always fails; `ran` says who ran `tidy`."""

    def __init__(self):
        self.ran = []
        self.clock = FakeClock()
        self.audit = MemoryAudit()
        registry = {
            name: Operation(
                name,
                lambda _: Resource("Deployment", "house"),
                lambda _: {},
                Identifies.NOBODY,
                run,
            )
            for name, run in (("tidy", self.tidy), ("fails", self.fails))
        }
        self.gate = Gate(
            registry,
            None,
            UnsafeAllowEverything(),
            self.audit,
            self.clock,
            lambda: "id",
            RequestDigest(b"salt"),
        )

    def tidy(self, _services, call, _request):
        self.ran.append(call.grant.query.principal)
        return {}

    def fails(self, _services, _call, _request):
        raise ZeroDivisionError

    def sweeper(self, *sweeps, every_s=3600.0):
        return sweeper(self.gate, self.clock, sweeps, every_s)


@pytest.fixture
def home():
    return House()


def test_a_sweep_runs_when_it_is_due_and_leaves_its_record(home):
    deadline = home.clock.now() + timedelta(days=1)
    sweeper = home.sweeper(Sweep("tidy", lambda now: now >= deadline))
    sweeper.run()
    assert (home.ran, home.audit.records) == ([], [])
    home.clock.advance(timedelta(days=1))
    sweeper.run()
    sweeper.close()
    assert home.ran == [SYSTEM]
    assert [record.role for record in home.audit.records] == ["system", "system"]


def test_a_sweep_that_fails_is_recorded_and_holds_up_no_other(home, caplog):
    always = [Sweep(name, lambda _: True) for name in ("fails", "tidy")]
    sweeper = home.sweeper(*always)
    sweeper.run()
    sweeper.run()
    sweeper.close()
    assert len(home.ran) == 2
    assert [r.kind for r in home.audit.records if r.action == "fails"][1] == "failure"
    assert "will be tried again" in caplog.text


def test_between_start_and_close_it_runs_by_itself(home):
    swept = []
    sweeper = home.sweeper(Sweep("tidy", lambda _: not swept.append(1)), every_s=0.001)
    sweeper.start()
    while len(swept) < 2:
        pass
    sweeper.close()
    seen = len(swept)
    assert len(home.ran) == seen
    sweeper.close()
