"""What jobs consist of, as the runner sees it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call

Json = dict[str, Any]
# A task of the compute port, and what it is asked.
Ask = tuple[str, Json]


class Work(Protocol):
    """All but the tasks themselves must be quick: it runs in the server.

    Jobs are worked on in runs: one leads, and those that can share its tasks go along.
    """

    def shares(self, job: Job) -> Hashable:
        """Jobs of one work for which this is the same are worked on in one run."""
        ...

    def medium(self, job: Job) -> Hashable:
        """Tells the media as they stand there now from what takes their place: whoever starts a
        job then does not mean what was copied before."""
        ...

    def plan(self, job: Job) -> Ask:
        """The task whose answer becomes the plan of each job of the run that this job leads: the
        first look at the media."""
        ...

    def parts(self, job: Job) -> int:
        """By `job.plan` alone: in how many parts the job is worked on."""
        ...

    def ask(self, no: int, lead: Job, jobs: Sequence[Job]) -> Ask:
        """By their plan and requests alone: the task whose answer has part `no` of each of these
        jobs, in a run that `lead` leads."""
        ...

    def own(self, job: Job, answer: Json) -> Json:
        """A job's part of such an answer."""
        ...

    def items(self, call: Call, job: Job, parts: Iterator[Mapping[str, Any]]) -> Iterator[JobItem]:
        """The results, from the parts in order. Evidence is noted on `call`. Raises ClientError,
        whose words become the job's StatusMessage, for media that give none."""
        ...

    def end(self, lead: Job) -> None:
        """Remove what the tasks of a run left on this machine's disk. Called again where that
        failed."""
        ...
