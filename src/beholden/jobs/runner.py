"""Jobs in runs, each step durable before the next.

1. Claim the oldest job that nobody holds; hold it by renewing the lease. It leads the run.
2. Revive its grant: decided anew, by what is known now.
3. Record the intent.
4. Plan, unless an earlier runner has. Then claim the jobs that can share its tasks, each as in 1 to
   3: they wait for it until then, and whoever asks for all analyses of a video has asked by then.
   Where the media were overwritten meanwhile, they mean what is there now, and are run apart.
5. Work through the parts, each for all jobs that have not finished it; before each, ask whether
   their grants still stand.
6. Join the parts of each job into results, which nobody sees yet.
7. Record the outcome with its evidence.
8. End the job: now its results can be asked for, through the gate.

A runner that dies leaves leases that run out, and the next one goes on with step 2. What can be
told to the caller ends that job as FAILED and no other; what is wrong with this server leaves all
of the run to be claimed again, until they were claimed in vain too often.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice

from beholden.domain.errors import ComputeClosed, TaskFailed
from beholden.domain.job import Claim, Job
from beholden.gate.gate import Gate
from beholden.jobs.held import HeldJob
from beholden.jobs.lease import Lease
from beholden.jobs.work import Json, Work
from beholden.ports.compute import Compute
from beholden.ports.jobs import JobQueue


@dataclass(frozen=True, slots=True)
class JobRunner:
    """`works` has what each kind of job consists of; `ahead` parts of a run are asked for at once;
    a claim holds for `lease_s` without being renewed."""

    gate: Gate
    queue: JobQueue
    compute: Compute
    works: Mapping[str, Work]
    lease_s: float = 10.0
    ahead: int = 1
    _planned_now: set[Hashable] = field(default_factory=set, init=False)

    def claim(self) -> Claim | None:
        """The next job, to be run by whoever claims it; None if there is none to run. By one thread
        at a time."""
        # 1. Claim.
        claim = self.queue.claim(
            self._lease.term, lambda job: self._shared(job) not in self._planned_now
        )
        if claim is not None:
            self._planned_now.add(self._shared(claim.job))
        return claim

    def run(self, claim: Claim) -> None:
        """Run a job that was claimed just now, and those that share its work, to their ends or
        until they are lost."""
        jobs: list[HeldJob] = []
        with ExitStack() as leases:
            try:
                self._run(claim, jobs, leases)
            except BaseException as error:
                for job in going_on(jobs):
                    job.interrupted(error)
                if not isinstance(error, ComputeClosed):
                    raise
                for job in going_on(jobs):
                    self.queue.release(job.claim)
                return
        self.works[claim.job.kind].end(claim.job)

    def _run(self, claim: Claim, jobs: list[HeldJob], leases: ExitStack) -> None:
        with self._waited_for(claim):
            lead = self._hold(claim, jobs, leases)
            with lead.alone():
                # 2. Revive the grant.  3. Record the intent.  4. Plan.
                lead.begin()
                medium = lead.work.medium(lead.job)
                plan = lead.job.plan or self.compute.run(*lead.work.plan(lead.job))
                lead.plan(plan)
                for other in self._sharing(claim, medium):
                    self._hold(other, jobs, leases)
        if lead.over:
            return
        for job in jobs[1:]:
            with job.alone():
                job.begin()
                job.plan(plan)
        # 5. Work through the parts.
        self._work_through(lead, jobs)
        # 6. Join.  7. Record the outcome.  8. End.
        for job in going_on(jobs):
            with job.alone():
                job.finish()

    def _hold(self, claim: Claim, jobs: list[HeldJob], leases: ExitStack) -> HeldJob:
        leases.enter_context(self._lease.kept(claim))
        jobs.append(HeldJob(self.gate, self.queue, self.works[claim.job.kind], claim))
        return jobs[-1]

    def _sharing(self, lead: Claim, medium: Hashable) -> Sequence[Claim]:
        """Claims on jobs that can share the work of the one that leads, and of its `medium`."""
        shared, claims = self._shared(lead.job), list[Claim]()
        while claim := self.queue.claim(self._lease.term, lambda job: self._shared(job) == shared):
            claims.append(claim)
        if claims and self.works[lead.job.kind].medium(lead.job) != medium:
            for claim in claims:
                self.queue.release(claim)
            return []
        return claims

    def _shared(self, job: Job) -> Hashable:
        work = self.works[job.kind]
        return id(work), work.shares(job)

    @contextmanager
    def _waited_for(self, lead: Claim) -> Iterator[None]:
        """Until this ends, jobs that can share the work of the one that leads are not claimed by
        themselves."""
        try:
            yield
        finally:
            self._planned_now.discard(self._shared(lead.job))

    def _work_through(self, lead: HeldJob, jobs: Sequence[HeldJob]) -> None:
        """Part after part; up to `ahead` are asked for at once."""
        with ThreadPoolExecutor(self.ahead, "part") as pool:
            coming = self._parts(pool, lead, jobs)
            waiting = deque(islice(coming, self.ahead))
            while waiting:
                self._put(lead, waiting.popleft())
                waiting.extend(islice(coming, 1))

    def _parts(
        self, pool: ThreadPoolExecutor, lead: HeldJob, jobs: Sequence[HeldJob]
    ) -> Iterator[Part]:
        for no in range(lead.job.parts or 0):
            wanting = [job for job in going_on(jobs) if job.job.parts_done <= no]
            for job in wanting:
                with job.alone():
                    job.allows()
            wanting = going_on(wanting)
            if wanting:
                ask = lead.work.ask(no, lead.job, [job.job for job in wanting])
                yield Part(no, wanting, pool.submit(self.compute.run, *ask))

    def _put(self, lead: HeldJob, part: Part) -> None:
        for job in going_on(part.jobs):
            with job.alone():
                job.put(part.no, self._answer(lead, part, job))

    def _answer(self, lead: HeldJob, part: Part, job: HeldJob) -> Json:
        """Where a task for several jobs fails, each is given one of its own: the analysis that
        failed it fails no other."""
        try:
            return part.answer.result()
        except TaskFailed:
            if len(part.jobs) == 1:
                raise
        return self.compute.run(*lead.work.ask(part.no, lead.job, [job.job]))

    @property
    def _lease(self) -> Lease:
        return Lease(self.queue, self.lease_s)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the work on several jobs, and the answer that is awaited."""

    no: int
    jobs: Sequence[HeldJob]
    answer: Future[Json]


def going_on(jobs: Sequence[HeldJob]) -> list[HeldJob]:
    return [job for job in jobs if not job.over]
