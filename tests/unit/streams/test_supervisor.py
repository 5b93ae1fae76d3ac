"""What runs is what the records say, whatever dies meanwhile."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

import numpy as np
import pytest

from beholden.domain.access import Decision, Grant, Identifies, Principal, Query, Resource
from beholden.domain.audit import RecordKind
from beholden.domain.errors import ResourceNotFound, ServerError, TaskFailed
from beholden.domain.health import StreamHealth
from beholden.domain.image import Image
from beholden.domain.stream import StreamStatus
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.recorder import Recorder
from beholden.ports.compute import Tasks
from beholden.streams import session, supervisor
from beholden.streams.delivery import Delivery
from beholden.streams.lookout import lookout
from beholden.streams.session import Tools
from beholden.streams.supervisor import ALONE_FROM, MOST_FAILURES, Supervisor
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.compute import FakeCompute
from beholden.testing.live import FakeLiveFrame, FakeOutlet, FakeSources
from beholden.testing.notifier import FakeNotifier
from beholden.testing.streams import FakeCameras, FakeStreamProcessors, a_camera, a_processor

pytestmark = pytest.mark.slow

ANN = Principal("ann", "operator", "door", "AKIA1")
LEASE = timedelta(seconds=0.3)  # by a clock that stands still
QUERY = Query(ANN, "StartStreamProcessor", Resource("Collection", "staff"), Identifies.SEARCHES)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """The gate is asked far more often than each second."""
    monkeypatch.setattr(session, "CHECK_S", 0.05)


class Policy:
    allowed = True

    def decide(self, query):
        return Decision(self.allowed, "live-basis: revoked", ("live-basis",))


class Counting:
    """Implements Watch: numbers the frames. `fails` is raised at the first."""

    task = "number"
    per_second = 5.0
    lasts_s = None

    def __init__(self, fails=None):
        self.fails, self.asked = fails, {}
        self.seen = self.renewed = 0

    def renew(self, grant):
        self.renewed += 1

    def see(self, seen):
        if self.fails:
            raise self.fails
        self.seen += 1
        return {"no": self.seen}

    def finish(self):
        return None

    def close(self, *, keep):
        self.kept = keep

    def summary(self):
        return {"faces": self.seen}


class Bench:
    """One processor, and servers that may work on it."""

    def __init__(self, fails=None, patience_s=60.0):
        self.clock, self.audit, self.policy = FakeClock(), MemoryAudit(), Policy()
        ids = count(1)
        self.gate = Gate(
            {},
            None,
            self.policy,
            self.audit,
            self.clock,
            lambda: f"id-{next(ids)}",
            RequestDigest(b"key"),
        )
        self.processors = FakeStreamProcessors(self.clock)
        self.cameras = FakeCameras()
        self.cameras.put(a_camera())
        self.processors.add(a_processor(), 10)
        frame = FakeLiveFrame(Image(np.zeros((4, 4, 3), np.uint8), b""), 0, self.clock.now())
        self.sources, self.outlet, self.notifier = FakeSources(frame), FakeOutlet(), FakeNotifier()
        looks = partial(lookout, self.sources, lambda _: lambda *seen: self.look(*seen), None)
        self.compute = FakeCompute(lambda: Tasks(hold={"number": looks}))
        self.frame = frame
        self.watches = []
        self.fails = fails
        self.patience_s = patience_s
        self.servers = []

    def look(self, at_ms, image):
        """In the worker."""
        return {}

    def server(self, name="here", first_wait_s=0.01):
        def watch(processor, grant):
            self.watches.append(Counting(self.fails))
            return self.watches[-1]

        tools = Tools(
            gate=self.gate,
            cameras=self.cameras,
            processors=self.processors,
            compute=self.compute,
            watch=watch,
            delivery=lambda one: Delivery([self.outlet], "arn", one.name),
            patience_s=self.patience_s,
        )
        made = Supervisor(tools, self.notifier, name, LEASE, first_wait_s)
        self.servers.append(made)
        return made

    def start(self, name="s-1"):
        grant = Grant("g-1", QUERY, Decision(True, ""), self.clock.now())
        kept = self.gate.store(grant)
        now = self.clock.now()
        self.processors.change("watch", lambda one: one.started(name, kept, now))

    def stop(self):
        self.processors.change("watch", lambda one: one.stopping(self.clock.now()))

    def looking(self, server, *, worker=False):
        """Start it, and hold it up in its second look until what is returned is set: the worker,
        or what its watch makes of the look."""
        looking, looked = threading.Event(), threading.Event()

        def held_up(*_):
            looking.set()
            looked.wait(10)
            return {"no": "too late"}

        self.start()
        self.until(server, lambda: self.outlet.taken)
        if worker:
            self.look = held_up
        else:
            self.watches[0].see = held_up
        self.sources.opened[0].put(self.frame)
        assert looking.wait(10)
        return looked

    def until(self, server, true):
        deadline = time.monotonic() + 15
        while not true():
            assert time.monotonic() < deadline, self.one
            server.tick()
            threading.Event().wait(0.01)

    def becomes(self, server, status):
        self.until(server, lambda: self.one.status == status)

    @property
    def one(self):
        return self.processors.get("watch")

    def records(self, action):
        return [r for r in self.audit.records if r.action == action]


@pytest.fixture
def bench():
    made = []

    def build(**options):
        made.append(Bench(**options))
        return made[-1]

    yield build
    for one in made:
        for server in one.servers:
            server.close()


def test_started_running_stopped(bench):
    b = bench()
    server = b.server()
    server.tick()
    assert b.sources.opened == []
    b.start()
    b.becomes(server, StreamStatus.RUNNING)
    b.stop()
    b.becomes(server, StreamStatus.STOPPED)
    assert b.one.grant is None
    assert b.outlet.taken == [b'{"no":1}']
    assert b.sources.opened[0].closed
    assert [r.kind for r in b.records("StartStreamProcessor")] == [RecordKind.INTENT]
    (end,) = b.records("StopStreamProcessor")
    assert (end.kind, end.facts["faces"]) == (RecordKind.OUTCOME, 1)
    assert b.notifier.sent == []


def test_how_a_stream_is_doing(bench):
    b = bench()
    b.outlet.away = True
    server = b.server()
    assert server.health() == []
    b.start()
    b.until(server, lambda: server.health() and server.health()[0].records_waiting == 1)
    b.until(server, lambda: server.health()[0].frames == 1)
    b.sources.opened[0].trouble, b.sources.opened[0].dropped = "Connection refused", 4
    b.until(server, lambda: server.health()[0].frames_dropped)
    assert server.health() == [StreamHealth("watch", False, 0.0, 1, 4, 1, 1, 0)]
    b.outlet.away = False
    b.stop()
    b.becomes(server, StreamStatus.STOPPED)
    assert server.health() == []


def test_a_grant_that_ended_ends_it_and_the_operator_is_told(bench):
    b = bench()
    server = b.server()
    b.start()
    b.becomes(server, StreamStatus.RUNNING)
    b.policy.allowed = False
    began = time.monotonic()
    b.becomes(server, StreamStatus.STOPPED)
    assert time.monotonic() - began < 5
    assert "live-basis" in b.one.message
    (message,) = b.notifier.sent
    assert "STOPPED" in message.subject
    refusals = [r for r in b.audit.records if r.kind is RecordKind.REFUSAL]
    assert len(refusals) == 1


def test_what_was_on_its_way_does_not_arrive_after_the_grant_has_ended(bench):
    b = bench()
    b.outlet.away = True
    server = b.server()
    b.start()
    b.becomes(server, StreamStatus.RUNNING)
    b.policy.allowed = False
    b.becomes(server, StreamStatus.STOPPED)
    b.outlet.away = False
    threading.Event().wait(0.6)
    assert b.outlet.taken == []


@pytest.mark.parametrize("worker", [True, False])
def test_revoked_in_the_middle_of_a_frame_its_record_goes_nowhere(bench, worker):
    b = bench()
    server = b.server()
    looked = b.looking(server, worker=worker)
    b.policy.allowed = False
    threading.Event().wait(2 * session.CHECK_S)
    looked.set()
    b.becomes(server, StreamStatus.STOPPED)
    assert b.outlet.taken == [b'{"no":1}']
    (end,) = b.records("StopStreamProcessor")
    assert end.facts["records_dropped"] == 0


def test_revoked_while_the_worker_hangs_it_is_dark_at_once(bench):
    b = bench()
    server = b.server()
    looked = b.looking(server, worker=True)
    b.outlet.away = True
    b.policy.allowed = False
    began = time.monotonic()
    b.becomes(server, StreamStatus.STOPPED)
    assert time.monotonic() - began < 5
    assert "live-basis" in b.one.message
    assert [r.kind for r in b.records("StopStreamProcessor")] == [RecordKind.OUTCOME]
    looked.set()


def test_revoked_while_it_waits_to_be_started_again(bench, monkeypatch):
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 0.2)
    b = bench(fails=ServerError("the model broke"))
    server = b.server(first_wait_s=60.0)
    b.start()
    b.until(server, lambda: b.records("StopStreamProcessor"))
    b.policy.allowed = False
    b.becomes(server, StreamStatus.STOPPED)
    assert "live-basis" in b.one.message
    assert len(b.watches) == 1


def test_a_server_ends_while_the_worker_hangs(bench):
    b = bench()
    server = b.server()
    looked = b.looking(server, worker=True)
    began = time.monotonic()
    server.close()
    assert time.monotonic() - began < 5
    assert b.one.status is StreamStatus.RUNNING
    looked.set()


def test_a_server_that_ends_leaves_it_to_the_next(bench):
    b = bench()
    first = b.server()
    b.start()
    b.becomes(first, StreamStatus.RUNNING)
    first.close()
    assert b.one.status is StreamStatus.RUNNING
    second = b.server("there")
    b.until(second, lambda: len(b.outlet.taken) == 2)
    assert len(b.sources.opened) == 2


def test_two_servers_do_not_work_on_one_processor(bench):
    b = bench()
    first, second = b.server(), b.server("there")
    b.start()
    b.becomes(first, StreamStatus.RUNNING)
    second.tick()
    assert second.sessions() == {}
    first.close()
    b.processors.hold("watch", "here", LEASE)  # as if it had been killed
    second.tick()
    assert second.sessions() == {}
    b.clock.advance(LEASE + timedelta(seconds=1))
    b.until(second, lambda: len(b.sources.opened) == 2)


def test_a_server_that_was_held_up_lets_go_of_what_another_took_over(bench):
    b = bench()
    first, second = b.server(), b.server("there")
    looked = b.looking(first)
    b.clock.advance(LEASE + timedelta(seconds=1))
    b.until(second, lambda: len(b.outlet.taken) == 2)
    threading.Event().wait(LEASE.total_seconds() / 3)
    looked.set()
    b.until(first, lambda: first.sessions() == {})
    assert b.one.status is StreamStatus.RUNNING
    assert b.outlet.taken == [b'{"no":1}'] * 2


def test_it_is_started_again_after_a_crash_and_fails_after_five(bench):
    b = bench(fails=ServerError("the model broke"))
    server = b.server()
    b.start()
    b.becomes(server, StreamStatus.FAILED)
    assert len(b.watches) == MOST_FAILURES
    assert len(b.compute.alone) == MOST_FAILURES - ALONE_FROM
    assert "the model broke" in b.one.message
    ends = b.records("StopStreamProcessor")
    assert [r.kind for r in ends] == [RecordKind.FAILURE] * MOST_FAILURES
    assert len(b.notifier.sent) == 1
    b.start("s-2")  # whoever mended it starts it anew


def test_it_goes_on_by_itself_when_its_worker_has_died_and_the_log_has_each_start_once(bench):
    b = bench()
    server = b.server()
    b.start()
    b.until(server, lambda: len(b.outlet.taken) == 1)
    b.compute.dies.append(TaskFailed("The worker process that held it died."))
    b.until(server, lambda: len(b.outlet.taken) == 2)
    assert b.one.status is StreamStatus.RUNNING
    b.stop()
    b.becomes(server, StreamStatus.STOPPED)
    kinds = [r.kind for r in b.audit.records]
    assert kinds == [
        RecordKind.INTENT,
        RecordKind.FAILURE,
        RecordKind.INTENT,
        RecordKind.OUTCOME,
    ]
    assert b.sources.opened[0].closed


def test_an_error_that_nobody_meant_to_show_is_not_shown(bench):
    b = bench(fails=ZeroDivisionError("hunter2"))
    server = b.server()
    b.start()
    b.becomes(server, StreamStatus.FAILED)
    assert b.one.message == "It was interrupted 5 times: ZeroDivisionError"


def test_a_camera_that_stays_away_fails_with_the_reason(bench):
    b = bench(patience_s=0.3)
    server = b.server()
    b.start()
    b.becomes(server, StreamStatus.RUNNING)
    b.sources.opened[0].trouble = "Connection refused"
    b.becomes(server, StreamStatus.FAILED)
    assert b.one.message == "The camera shows nothing: Connection refused"


def test_a_camera_that_comes_back_in_time_goes_on(bench):
    b = bench(patience_s=2.0)
    server = b.server()
    b.start()
    b.becomes(server, StreamStatus.RUNNING)
    source = b.sources.opened[0]
    for taken in (2, 3):
        source.trouble = "Connection refused"
        threading.Event().wait(0.3)
        source.trouble = None
        source.put(b.frame)
        b.until(server, lambda taken=taken: len(b.outlet.taken) == taken)
    assert b.one.status is StreamStatus.RUNNING
    assert len(b.sources.opened) == 1


def test_where_the_log_cannot_be_written_nothing_is_looked_at(bench):
    b = bench()
    server = b.server()
    b.audit.full = True
    b.start()
    b.becomes(server, StreamStatus.FAILED)
    assert "no space left on the device" in b.one.message
    assert b.sources.opened == []
    b.audit.full = False
    b.start("s-2")
    b.becomes(server, StreamStatus.RUNNING)


def test_a_disk_that_fills_up_meanwhile_ends_it_before_anything_is_released(bench):
    b = bench()
    server = b.server()
    b.start()
    b.until(server, lambda: b.outlet.taken)

    def logged(seen):
        about = b.audit.records[0]
        Recorder(b.audit, b.clock, "call", QUERY).write(RecordKind.OUTCOME, about.facts)
        return {"who": "eileen"}

    b.watches[0].see = logged
    b.audit.full = True
    b.sources.opened[0].put(b.frame)
    b.becomes(server, StreamStatus.FAILED)
    assert "no space left on the device" in b.one.message
    assert b.outlet.taken == [b'{"no":1}']
    assert [r.kind for r in b.audit.records] == [RecordKind.INTENT]
    (message,) = b.notifier.sent
    assert "FAILED" in message.subject


def test_what_was_told_to_stop_while_no_server_ran_is_at_rest(bench):
    b = bench()
    b.start()
    b.stop()
    b.becomes(b.server(), StreamStatus.STOPPED)
    assert b.sources.opened == []


def test_a_collection_that_is_gone_ends_it(bench):
    b = bench()
    server = b.server()
    b.start()
    b.becomes(server, StreamStatus.RUNNING)

    def gone(grant):
        raise ResourceNotFound("The collection id: staff does not exist.")

    b.watches[0].renew = gone
    b.becomes(server, StreamStatus.FAILED)
    assert "staff does not exist" in b.one.message


def test_a_grant_that_was_altered_starts_nothing(bench):
    b = bench()
    server = b.server()
    b.start()
    forged = {**b.one.grant, "digest": "0" * 64}
    b.processors.change("watch", lambda one: replace(one, grant=forged))
    b.becomes(server, StreamStatus.STOPPED)
    assert "stored-grant" in b.one.message
    assert b.sources.opened == []
