"""Jobs as rows: what was asked for, who works on it, and its results, sealed until they end.

A job's data key is destroyed with it. A worker holds a job by a claim that it must renew; what it
does under a claim that it has lost raises ClaimLost and changes nothing, so nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from beholden.domain.job import Claim, Job, JobItem, JobStatus, NewJob, ShownItem
from beholden.domain.request_token import Answer


class Jobs(Protocol):
    """What those see who start jobs and ask for their results."""

    def add(self, job: NewJob, limit: int, answer: Answer | None) -> Job:
        """In progress from now on. Raises TooManyJobs if `limit` are, ConflictingState if the
        answer's token was used meanwhile."""
        ...

    def get(self, job_id: str) -> Job:
        """Raises ResourceNotFound."""
        ...

    def list(self) -> Sequence[Job]:
        """The newest first."""
        ...

    def tally(self) -> Mapping[JobStatus, int]:
        """How many there are, by status; one that none has is left out."""
        ...

    def page(
        self, job: Job, view: str, after: int, limit: int, *, grouped: bool = False
    ) -> Sequence[ShownItem]:
        """Items of a view after the one numbered `after` (0: from the first): in the order in
        which they were added or, `grouped`, by group and then in that order."""
        ...

    def groups(self, job: Job, view: str, groups: Sequence[int]) -> Sequence[ShownItem]:
        """All items of a view that belong to these groups, in the order they were added."""
        ...

    def cancel(self, job_id: str, message: str) -> Job:
        """End it as FAILED, at once: whoever works on it loses the claim. A no-op on a job that has
        ended. Raises ResourceNotFound."""
        ...

    def destroy(self, job_id: str) -> None:
        """Destroy a job with its data key, whoever works on it. A no-op if there is none."""
        ...

    def expire(self, before: datetime) -> Sequence[Job]:
        """Destroy the jobs that finished before then, with their data keys; tell which."""
        ...

    def expired(self, before: datetime) -> bool:
        """Whether `expire` would find any."""
        ...


class JobQueue(Protocol):
    """What workers do. Every method with a claim raises ClaimLost once it is lost."""

    def claim(
        self, lease: timedelta, wanted: Callable[[Job], bool] = lambda _: True
    ) -> Claim | None:
        """The oldest job in progress that is wanted and that nobody holds, or whose holder let the
        lease run out."""
        ...

    def renew(self, claim: Claim, lease: timedelta) -> None: ...

    def plan(self, claim: Claim, plan: Mapping[str, object], parts: int) -> None:
        """Keep the plan; what an earlier plan led to is dropped."""
        ...

    def put_part(self, claim: Claim, no: int, part: Mapping[str, object]) -> None:
        """Finished work, numbered from 0 in order."""
        ...

    def parts(self, claim: Claim) -> Iterator[Mapping[str, object]]:
        """Finished work in order, one at a time."""
        ...

    def put_items(self, claim: Claim, first: int, items: Iterable[JobItem]) -> None:
        """Add results, numbered from `first` on (the first is 1), in place of any from there on
        that an interrupted worker left. Nobody sees them before the job has succeeded."""
        ...

    def finish(
        self, claim: Claim, status: JobStatus, message: str | None, code: str | None = None
    ) -> Job:
        """End the job; `code` is that of the error that it failed with. Its parts are dropped, and
        its items too if it failed."""
        ...

    def untold(self) -> Sequence[Job]:
        """Jobs that have ended and were not marked as `told`, the oldest first."""
        ...

    def told(self, job: Job) -> None:
        """Whoever wants to know that it has ended will. A no-op if the job is gone."""
        ...

    def release(self, claim: Claim) -> None:
        """Let another worker claim it at once. A no-op if the claim is lost."""
        ...
