"""One job under a claim: each step durable before the next, and nobody else's trouble its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from beholden.domain.audit import RecordKind
from beholden.domain.errors import (
    BeholdenError,
    ClaimLost,
    ClientError,
    DiskFull,
    TaskFailed,
)
from beholden.domain.job import Claim, Job, JobStatus
from beholden.gate.call import Call
from beholden.gate.gate import Gate
from beholden.gate.recorder import Recorder
from beholden.jobs.work import Json, Work
from beholden.ports.jobs import JobQueue

LOG = logging.getLogger(__name__)

MOST_IN_VAIN = 10
ITEMS_AT_ONCE = 500
# What is said to the caller of the job; anything else is this server's own trouble.
TOLD = (ClientError, TaskFailed, DiskFull)


@dataclass(slots=True, eq=False)
class HeldJob:
    """A job in the hands of a runner. `over` says that it has ended, or is not this runner's any
    more."""

    gate: Gate
    queue: JobQueue
    work: Work
    claim: Claim
    over: bool = False
    _intent: bool = field(default=False, init=False)
    _call: Call = field(init=False)
    _record: Recorder = field(init=False)

    @property
    def job(self) -> Job:
        return self.claim.job

    @contextmanager
    def alone(self) -> Iterator[None]:
        """What can be told to the caller ends this job as FAILED, and a claim that is lost is no
        concern of this runner's: whatever else is worked on goes on."""
        try:
            try:
                yield
            except (*TOLD, ClaimLost) as error:
                self.over = True
                self.interrupted(error)
                if isinstance(error, ClaimLost):
                    raise
                self.queue.finish(self.claim, JobStatus.FAILED, str(error), error.code)
        except ClaimLost:
            LOG.info("job %s: another runner holds it, or it was cancelled", self.job.job_id)

    def begin(self) -> None:
        """Revive the grant, and record the intent."""
        if self.claim.in_vain >= MOST_IN_VAIN:
            raise TaskFailed(f"It was interrupted {self.claim.in_vain} times without any progress.")
        gate = self.gate
        grant = gate.revive(self.job.grant)
        call = self._call = Call(gate.new_id(), grant)
        self._record = Recorder(gate.audit, gate.clock, call.call_id, grant.query)
        call.note(job=self.job.job_id, grant=grant.grant_id, began=grant.issued_at.isoformat())
        self._record.write(RecordKind.INTENT, call.facts)
        self._intent = True

    def plan(self, plan: Mapping[str, object]) -> None:
        """Keep what its work is planned by; a plan that it has already stays."""
        if self.job.plan is not None:
            return
        job = replace(self.job, plan=plan, parts_done=0)
        job = replace(job, parts=self.work.parts(job))
        self.queue.plan(self.claim, plan, job.parts or 0)
        self.claim = replace(self.claim, job=job)

    def allows(self) -> None:
        """Raises AccessDenied unless the grant still stands."""
        self.gate.recheck(self._call.grant)

    def put(self, no: int, answer: Json) -> None:
        """Keep its part of an answer."""
        self.queue.put_part(self.claim, no, self.work.own(self.job, answer))

    def finish(self) -> None:
        """Join the parts into results, record the outcome, and end the job."""
        self.allows()
        items = self.work.items(self._call, self.job, self.queue.parts(self.claim))
        first = 1
        while batch := list(islice(items, ITEMS_AT_ONCE)):
            self.queue.put_items(self.claim, first, batch)
            first += len(batch)
        self.queue.put_items(self.claim, first, ())
        self._record.write(RecordKind.OUTCOME, self._call.facts)
        self.queue.finish(self.claim, JobStatus.SUCCEEDED, None)
        self.over = True

    def interrupted(self, error: BaseException) -> None:
        """Record that it was, if there is an intent on record."""
        if self._intent:
            code = error.code if isinstance(error, BeholdenError) else type(error).__name__
            self._record.write(RecordKind.FAILURE, self._call.facts | {"error": code})
