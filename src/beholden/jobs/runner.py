"""One job after the other, each step durable before the next.

1. Claim the oldest job that nobody holds; hold it by renewing the lease.
2. Revive its grant: decided anew, by what is known now.
3. Record the intent.
4. Plan, unless an earlier runner has.
5. Work through the parts that are not finished; before each, ask whether the grant still stands.
6. Join the parts into results, which nobody sees yet.
7. Record the outcome with its evidence.
8. End the job: now its results can be asked for, through the gate.

A runner that dies leaves a lease that runs out, and the next one goes on with step 2. What can be
told to the caller ends the job as FAILED; what is wrong with this server leaves it to be claimed
again, until it was claimed in vain too often.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from beholden.domain.access import Grant
from beholden.domain.audit import RecordKind
from beholden.domain.errors import (
    BeholdenError,
    ClaimLost,
    ClientError,
    ComputeClosed,
    DiskFull,
    TaskFailed,
)
from beholden.domain.job import Claim, Job, JobStatus
from beholden.gate.call import Call
from beholden.gate.gate import Gate
from beholden.gate.recorder import Recorder
from beholden.jobs.lease import Lease
from beholden.jobs.work import Ask, Json, Work
from beholden.ports.compute import Compute
from beholden.ports.jobs import JobQueue

LOG = logging.getLogger(__name__)

MOST_IN_VAIN = 10
ITEMS_AT_ONCE = 500
# What is said to the caller of the job; anything else is this server's own trouble.
TOLD = (ClientError, TaskFailed, DiskFull)


@dataclass(frozen=True, slots=True)
class JobRunner:
    """`works` has what each kind of job consists of; `ahead` parts of a job run at once; a claim
    holds for `lease_s` without being renewed."""

    gate: Gate
    queue: JobQueue
    compute: Compute
    works: Mapping[str, Work]
    lease_s: float = 10.0
    ahead: int = 1

    def run_one(self) -> bool:
        """Run a job to its end, or until it is lost; False if there is none to run."""
        # 1. Claim.
        lease = Lease(self.queue, self.lease_s)
        claim = self.queue.claim(lease.term)
        if claim is None:
            return False
        try:
            with lease.kept(claim):
                self._run(claim)
        except ComputeClosed:
            self.queue.release(claim)
            return False
        except ClaimLost:
            LOG.info("job %s: another runner holds it, or it was cancelled", claim.job.job_id)
        self.works[claim.job.kind].end(claim.job)
        return True

    def _run(self, claim: Claim) -> None:
        try:
            if claim.in_vain >= MOST_IN_VAIN:
                raise TaskFailed(f"It was interrupted {claim.in_vain} times without any progress.")
            # 2. Revive the grant.
            grant = self.gate.revive(claim.job.grant)
            self._work(claim, grant)
        except TOLD as error:
            self.queue.finish(claim, JobStatus.FAILED, str(error), error.code)
            return
        # 8. End the job.
        self.queue.finish(claim, JobStatus.SUCCEEDED, None)

    def _work(self, claim: Claim, grant: Grant) -> None:
        gate = self.gate
        call = Call(gate.new_id(), grant)
        record = Recorder(gate.audit, gate.clock, call.call_id, grant.query)
        call.note(job=claim.job.job_id, grant=grant.grant_id, began=grant.issued_at.isoformat())
        # 3. Record the intent.
        record.write(RecordKind.INTENT, call.facts)
        try:
            # 4. Plan.  5. Work through the parts.
            job = self._finished(self._planned(claim), grant)
            # 6. Join the parts.
            self._join(claim, call, job)
        except BaseException as error:
            code = error.code if isinstance(error, BeholdenError) else type(error).__name__
            record.write(RecordKind.FAILURE, call.facts | {"error": code})
            raise
        # 7. Record the outcome.
        record.write(RecordKind.OUTCOME, call.facts)

    def _planned(self, claim: Claim) -> Claim:
        """The claim on a job that has a plan."""
        work, job = self.works[claim.job.kind], claim.job
        if job.plan is not None:
            return claim
        plan = self.compute.run(*work.plan(job))
        job = replace(job, plan=plan, parts_done=0)
        job = replace(job, parts=len(work.parts(job)))
        self.queue.plan(claim, plan, job.parts or 0)
        return replace(claim, job=job)

    def _finished(self, claim: Claim, grant: Grant) -> Job:
        """The job, once all parts are done."""
        asks = self.works[claim.job.kind].parts(claim.job)[claim.job.parts_done :]
        for no, answer in enumerate(self._answers(asks, grant), claim.job.parts_done):
            self.queue.put_part(claim, no, answer)
        return claim.job

    def _answers(self, asks: Sequence[Ask], grant: Grant) -> Iterator[Json]:
        """The tasks' answers in order; up to `ahead` run at once."""
        waiting: deque[Future[Json]] = deque()
        with ThreadPoolExecutor(self.ahead, "part") as pool:
            rest = iter(asks)
            for ask in islice(rest, self.ahead):
                waiting.append(pool.submit(self._ask, ask, grant))
            while waiting:
                yield waiting.popleft().result()
                for ask in islice(rest, 1):
                    waiting.append(pool.submit(self._ask, ask, grant))

    def _ask(self, ask: Ask, grant: Grant) -> Json:
        self.gate.recheck(grant)
        return self.compute.run(*ask)

    def _join(self, claim: Claim, call: Call, job: Job) -> None:
        self.gate.recheck(call.grant)
        items = self.works[job.kind].items(call, job, self.queue.parts(claim))
        first = 1
        while batch := list(islice(items, ITEMS_AT_ONCE)):
            self.queue.put_items(claim, first, batch)
            first += len(batch)
        self.queue.put_items(claim, first, ())
