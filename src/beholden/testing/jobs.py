"""Jobs in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from beholden.domain.errors import ClaimLost, ConflictingState, ResourceNotFound, TooManyJobs
from beholden.domain.job import Claim, Job, JobItem, JobStatus, NewJob, ShownItem
from beholden.domain.request_token import Answer
from beholden.ports.clock import Clock


@dataclass
class Kept:
    job: Job
    claims: int = 0
    in_vain: int = 0
    leased_until: datetime | None = None
    told: bool = False
    parts: list[Mapping[str, object]] = field(default_factory=list)
    items: list[JobItem] = field(default_factory=list)


class FakeJobs:
    """Both ports. Answers under a token are not kept: a token may be used once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Kept] = {}
        self._tokens: set[str] = set()

    def add(self, job: NewJob, limit: int, answer: Answer | None) -> Job:
        if answer is not None and answer.token.token in self._tokens:
            raise ConflictingState
        if sum(k.job.status is JobStatus.IN_PROGRESS for k in self._kept.values()) >= limit:
            raise TooManyJobs
        if answer is not None:
            self._tokens.add(answer.token.token)
        made = Job(
            no=1 + max((k.job.no for k in self._kept.values()), default=0),
            job_id=job.job_id,
            kind=job.kind,
            purpose=job.purpose,
            request=job.request,
            grant=job.grant,
            status=JobStatus.IN_PROGRESS,
            message=None,
            code=None,
            created_at=self._clock.now(),
            finished_at=None,
            plan=None,
            parts=None,
            parts_done=0,
        )
        self._kept[job.job_id] = Kept(made)
        return made

    def get(self, job_id: str) -> Job:
        if job_id not in self._kept:
            raise ResourceNotFound(f"Could not find JobId {job_id}")
        return self._kept[job_id].job

    def list(self) -> Sequence[Job]:
        return [kept.job for kept in reversed(self._kept.values())]

    def tally(self) -> Mapping[JobStatus, int]:
        return Counter(kept.job.status for kept in self._kept.values())

    def page(
        self, job: Job, view: str, after: int, limit: int, *, grouped: bool = False
    ) -> Sequence[ShownItem]:
        shown = self._shown(job, view)
        if grouped:
            shown = sorted(shown, key=lambda item: (item.group, item.no))
            numbers = [item.no for item in shown]
            shown = shown[numbers.index(after) + 1 if after else 0 :]
        else:
            shown = [item for item in shown if item.no > after]
        return shown[:limit]

    def groups(self, job: Job, view: str, groups: Sequence[int]) -> Sequence[ShownItem]:
        return [item for item in self._shown(job, view) if item.group in groups]

    def cancel(self, job_id: str, message: str) -> Job:
        job = self.get(job_id)
        if job.status is JobStatus.IN_PROGRESS:
            self._end(self._kept[job_id], JobStatus.FAILED, message)
        return self.get(job_id)

    def destroy(self, job_id: str) -> None:
        self._kept.pop(job_id, None)

    def expire(self, before: datetime) -> Sequence[Job]:
        ended = [k.job for k in self._kept.values() if k.job.finished_at]
        ended = [job for job in ended if job.finished_at and job.finished_at < before]
        for job in ended:
            del self._kept[job.job_id]
        return ended

    def expired(self, before: datetime) -> bool:
        ends = (kept.job.finished_at for kept in self._kept.values())
        return any(end is not None and end < before for end in ends)

    def claim(
        self, lease: timedelta, wanted: Callable[[Job], bool] = lambda _: True
    ) -> Claim | None:
        now = self._clock.now()
        for kept in self._kept.values():
            free = kept.leased_until is None or kept.leased_until < now
            if kept.job.status is JobStatus.IN_PROGRESS and free and wanted(kept.job):
                kept.claims += 1
                kept.leased_until = now + lease
                kept.in_vain += 1
                return Claim(kept.job, kept.claims, kept.in_vain - 1)
        return None

    def renew(self, claim: Claim, lease: timedelta) -> None:
        self._held(claim).leased_until = self._clock.now() + lease

    def plan(self, claim: Claim, plan: Mapping[str, object], parts: int) -> None:
        kept = self._held(claim)
        kept.job = replace(kept.job, plan=plan, parts=parts, parts_done=0)
        kept.parts = []

    def put_part(self, claim: Claim, no: int, part: Mapping[str, object]) -> None:
        kept = self._held(claim)
        kept.parts[no:] = [part]
        kept.in_vain = 0
        kept.job = replace(kept.job, parts_done=kept.job.parts_done + 1)

    def parts(self, claim: Claim) -> Iterator[Mapping[str, object]]:
        yield from list(self._held(claim).parts)

    def put_items(self, claim: Claim, first: int, items: Iterable[JobItem]) -> None:
        self._held(claim).items[first - 1 :] = items

    def finish(
        self, claim: Claim, status: JobStatus, message: str | None, code: str | None = None
    ) -> Job:
        kept = self._held(claim)
        kept.job = replace(kept.job, code=code)
        return self._end(kept, status, message)

    def untold(self) -> Sequence[Job]:
        ended = (kept for kept in self._kept.values() if kept.job.finished_at is not None)
        return [kept.job for kept in ended if not kept.told]

    def told(self, job: Job) -> None:
        if job.job_id in self._kept:
            self._kept[job.job_id].told = True

    def release(self, claim: Claim) -> None:
        kept = self._kept.get(claim.job.job_id)
        if kept is not None and kept.claims == claim.no:
            kept.leased_until = None

    def _shown(self, job: Job, view: str) -> Sequence[ShownItem]:
        items = enumerate(self._kept[job.job_id].items, 1)
        return [ShownItem(no, i.group, i.body) for no, i in items if i.view == view]

    def _end(self, kept: Kept, status: JobStatus, message: str | None) -> Job:
        at = self._clock.now()
        kept.job = replace(kept.job, status=status, message=message, finished_at=at)
        kept.claims += 1
        kept.parts = []
        if status is JobStatus.FAILED:
            kept.items = []
        return kept.job

    def _held(self, claim: Claim) -> Kept:
        kept = self._kept.get(claim.job.job_id)
        if kept is None or kept.claims != claim.no or kept.job.status is not JobStatus.IN_PROGRESS:
            raise ClaimLost
        return kept
