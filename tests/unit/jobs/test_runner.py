"""A job's way through the runner, and what interrupts it. The work: doubling numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, count, repeat
from threading import Event

import pytest

from beholden.domain.access import Decision, Identifies, Principal, Resource
from beholden.domain.audit import RecordKind
from beholden.domain.errors import (
    AuditUnavailable,
    ComputeClosed,
    DiskFull,
    ServerError,
    TaskFailed,
    UnreadableVideo,
)
from beholden.domain.job import JobItem, JobStatus, NewJob
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.registry import Operation
from beholden.jobs.held import MOST_IN_VAIN
from beholden.jobs.loop import JobLoop
from beholden.jobs.notices import Notices
from beholden.jobs.runner import JobRunner
from beholden.ports.compute import Tasks
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.compute import FakeCompute
from beholden.testing.jobs import FakeJobs
from beholden.testing.notifier import FakeNotifier

ANN = Principal("ann", "operator", "door", "AKIA1")


@dataclass
class Doubling:
    """`on_part` is called before each part is joined."""

    ended: list = field(default_factory=list)
    on_part: object = None
    media: Iterator = field(default_factory=lambda: repeat("as it was"))

    def plan(self, job):
        return "plan", {"upto": job.request["upto"]}

    def shares(self, job):
        return job.request["upto"]

    def medium(self, job):
        return next(self.media)

    def parts(self, job):
        return len(job.plan["numbers"])

    def ask(self, no, lead, jobs):
        return "double", {"n": lead.plan["numbers"][no], "jobs": [job.job_id for job in jobs]}

    def own(self, job, answer):
        return answer

    def items(self, call, job, parts):
        for part in parts:
            if self.on_part:
                self.on_part()
            yield JobItem({"n": part["n"]})
        call.note(candidates=["f-1"])

    def end(self, lead):
        self.ended.append(lead.job_id)


def tasks():
    return Tasks(
        {
            "plan": lambda asked: {"numbers": list(range(asked["upto"]))},
            "double": lambda asked: {"n": 2 * asked["n"]},
        }
    )


@dataclass
class Switch:
    allows: bool = True

    def decide(self, query):
        return Decision(self.allows, "permitted" if self.allows else "the purpose has ended")


class House:
    def __init__(self):
        self.clock = FakeClock()
        self.jobs = FakeJobs(self.clock)
        self.audit, self.policy, self.work = MemoryAudit(), Switch(), Doubling()
        self.compute = FakeCompute(tasks)
        ids = count(1)
        start = Operation(
            "Start",
            lambda _: Resource("Collection", "c"),
            lambda _: {},
            Identifies.SEARCHES,
            self._add,
        )
        self.gate = Gate(
            {"Start": start},
            None,
            self.policy,
            self.audit,
            self.clock,
            lambda: f"id-{next(ids)}",
            RequestDigest(b"salt"),
        )
        self.runner = JobRunner(self.gate, self.jobs, self.compute, {"Doubling": self.work})

    def _add(self, services, call, request):
        stored = self.gate.store(call.grant)
        self.jobs.add(NewJob(request["id"], "Doubling", "door", request, stored), 20, None)
        return {}

    def run(self):
        """False if there is nothing to run."""
        claim = self.runner.claim()
        if claim:
            self.runner.run(claim)
        return claim is not None

    def start(self, upto=3, job_id="j"):
        self.gate.call(ANN, "Start", {"upto": upto, "id": job_id})
        self.audit.records.clear()

    @property
    def job(self):
        return self.jobs.get("j")

    @property
    def shown(self):
        return self.of("j")

    def of(self, job_id):
        found = self.jobs.page(self.jobs.get(job_id), "", 0, 99)
        return [item.body["n"] for item in found]

    def later(self):
        """The lease of whoever was interrupted has run out."""
        self.clock.advance(timedelta(seconds=60))


@pytest.fixture
def house():
    return House()


def test_a_job_runs_to_its_end_and_leaves_its_records(house):
    house.start()
    assert house.run()
    assert (house.job.status, house.job.message) == (JobStatus.SUCCEEDED, None)
    assert house.shown == [0, 2, 4]
    assert house.audit.kinds() == [RecordKind.INTENT, RecordKind.OUTCOME]
    outcome = house.audit.records[-1]
    assert (outcome.principal, outcome.action) == ("ann", "Start")
    assert (outcome.facts["job"], outcome.facts["candidates"]) == ("j", ["f-1"])
    assert house.work.ended == ["j"]
    assert not house.run()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TaskFailed("Its worker process ended 3 times."), "ended 3 times"),
        (UnreadableVideo("The file has no video stream."), "no video stream"),
        (DiskFull(), "disk is full"),
    ],
)
def test_what_cannot_be_mended_by_trying_again_fails_with_its_reason(house, error, message):
    house.start()
    house.compute.dies.append(error)
    house.run()
    assert house.job.status is JobStatus.FAILED
    assert message in house.job.message
    assert house.audit.kinds() == [RecordKind.INTENT, RecordKind.FAILURE]
    assert house.shown == []
    assert house.work.ended == ["j"]


def test_an_interrupted_job_goes_on_from_its_last_finished_part(house):
    house.start()
    interrupted = []

    def once(asked):
        if asked["n"] == 2 and not interrupted:
            interrupted.append(True)
            raise ServerError("the records failed")
        return {"n": 2 * asked["n"]}

    house.compute._tasks = Tasks(tasks().run | {"double": once})
    with pytest.raises(ServerError):
        house.run()
    assert (house.job.status, house.job.parts_done) == (JobStatus.IN_PROGRESS, 2)
    assert not house.run()
    house.later()
    assert house.run()
    assert house.shown == [0, 2, 4]
    assert house.compute.ran.count("plan") == 1
    assert house.compute.ran.count("double") == 4  # three parts, one of them twice


def test_a_grant_that_ends_meanwhile_ends_the_job(house):
    house.start()

    def last(asked):
        house.policy.allows = asked["n"] < 1
        return {"n": 2 * asked["n"]}

    house.compute._tasks = Tasks(tasks().run | {"double": last})
    house.run()
    assert house.job.status is JobStatus.FAILED
    assert "the purpose has ended" in house.job.message
    assert house.compute.ran.count("double") == 2
    assert house.shown == []


def test_a_grant_that_ended_before_is_not_begun_with(house):
    house.start()
    house.policy.allows = False
    house.run()
    assert house.job.status is JobStatus.FAILED
    assert house.compute.ran == []


def test_nothing_is_released_that_cannot_be_recorded(house):
    house.start()
    house.work.on_part = lambda: setattr(house.audit, "full", True)
    with pytest.raises(AuditUnavailable):
        house.run()
    assert house.job.status is JobStatus.IN_PROGRESS
    house.work.on_part, house.audit.full = None, False
    house.later()
    house.run()
    assert house.shown == [0, 2, 4]


def test_a_cancelled_job_stays_cancelled(house):
    house.start()
    house.work.on_part = lambda: house.jobs.cancel("j", "Cancelled by ann.")
    assert house.run()
    assert (house.job.status, house.job.message) == (JobStatus.FAILED, "Cancelled by ann.")
    assert house.shown == []


def test_a_job_that_never_gets_anywhere_ends(house):
    house.start()
    for _ in range(MOST_IN_VAIN):
        house.jobs.claim(timedelta(seconds=10))
        house.later()
    house.run()
    assert house.job.status is JobStatus.FAILED
    assert "without any progress" in house.job.message


def test_a_server_that_closes_leaves_its_job_to_the_next(house):
    house.start()
    house.compute.dies.append(ComputeClosed())
    house.run()
    assert house.job.status is JobStatus.IN_PROGRESS
    assert house.run()
    assert house.shown == [0, 2, 4]


def test_parts_that_run_side_by_side_keep_their_order():
    house = House()
    house.start(7)
    runner = JobRunner(house.gate, house.jobs, house.compute, {"Doubling": house.work}, ahead=3)
    runner.run(runner.claim())
    assert house.shown == [0, 2, 4, 6, 8, 10, 12]


def test_jobs_that_share_their_work_are_one_run(house):
    for job_id in ("j", "k", "other"):
        house.start(3 if job_id != "other" else 2, job_id)
    house.run()
    assert house.compute.ran == ["plan", "double", "double", "double"]
    assert house.shown == house.of("k") == [0, 2, 4]
    assert house.audit.kinds() == 2 * [RecordKind.INTENT] + 2 * [RecordKind.OUTCOME]
    assert house.jobs.get("other").plan is None
    assert house.work.ended == ["j"]


def test_whoever_joins_while_it_is_planned_is_part_of_the_run(house):
    house.start()

    def plan(asked):
        house.start(job_id="k")
        return {"numbers": [0, 1]}

    house.compute._tasks = Tasks(tasks().run | {"plan": plan})
    house.run()
    assert house.shown == house.of("k") == [0, 2]


def test_where_the_media_were_overwritten_meanwhile_they_are_another_run(house):
    house.work.media = chain(["before"], repeat("behind"))
    house.start()
    house.start(job_id="k")
    house.run()
    assert (house.shown, house.jobs.get("k").plan) == ([0, 2, 4], None)
    house.run()
    assert house.of("k") == [0, 2, 4]
    assert house.compute.ran.count("plan") == 2


def test_whoever_shares_a_job_that_is_being_planned_waits_for_it(house):
    house.start()
    house.start(job_id="k")
    house.start(2, "other")
    lead, other = house.runner.claim(), house.runner.claim()
    assert (lead.job.job_id, other.job.job_id) == ("j", "other")
    assert house.runner.claim() is None
    house.runner.run(lead)
    assert house.shown == house.of("k") == [0, 2, 4]


def test_whoever_shares_a_job_that_cannot_be_planned_is_run_alone(house):
    house.start()
    house.start(job_id="k")
    house.compute.dies.append(TaskFailed())
    house.run()
    assert house.job.status is JobStatus.FAILED
    house.run()
    assert house.of("k") == [0, 2, 4]


def test_a_job_that_ends_early_ends_no_other_of_its_run(house):
    house.start()
    house.start(job_id="k")

    def cancelled(asked):
        if asked["n"] == 1:
            house.jobs.cancel("j", "Cancelled by ann.")
        return {"n": 2 * asked["n"]}

    house.compute._tasks = Tasks(tasks().run | {"double": cancelled})
    house.run()
    assert house.job.message == "Cancelled by ann."
    assert house.of("k") == [0, 2, 4]


def test_the_analysis_that_a_task_dies_of_fails_no_other(house):
    house.start()
    house.start(job_id="k")

    def deadly(asked):
        if "j" in asked["jobs"]:
            raise TaskFailed
        return {"n": 2 * asked["n"]}

    house.compute._tasks = Tasks(tasks().run | {"double": deadly})
    house.run()
    assert house.job.status is JobStatus.FAILED
    assert house.of("k") == [0, 2, 4]
    assert house.compute.ran.count("double") == 3 + 2  # both once, then each, then k alone


def test_a_run_that_was_interrupted_goes_on_from_what_each_has(house):
    house.start()
    house.start(job_id="k")
    interrupted = []

    def put_part(claim, no, part, put=house.jobs.put_part):
        if (claim.job.job_id, no) == ("k", 1) and not interrupted:
            interrupted.append(True)
            raise ServerError("the records failed")
        put(claim, no, part)

    house.jobs.put_part = put_part
    with pytest.raises(ServerError):
        house.run()
    assert [house.jobs.get(one).parts_done for one in ("j", "k")] == [2, 1]
    house.later()
    house.run()
    assert house.shown == house.of("k") == [0, 2, 4]
    assert house.compute.ran.count("plan") == 1


def test_a_short_job_ends_beside_a_long_one(house):
    house.start(2, "long")
    house.start(3, "short")
    ended, going_on = Event(), Event()

    def double(asked):
        if "long" in asked["jobs"]:
            going_on.set()
            assert ended.wait(10)
        return {"n": 2 * asked["n"]}

    def end(lead):
        if lead.job_id == "short":
            ended.set()

    house.compute._tasks = Tasks(tasks().run | {"double": double})
    house.work.end = end
    loop = JobLoop(house.runner, Notices(house.jobs, FakeNotifier()), lambda: None, 2, 0.01)
    loop.start()
    assert going_on.wait(10)
    assert ended.wait(10)
    loop.close()
    assert house.of("short") == [0, 2, 4]
