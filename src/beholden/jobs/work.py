"""What a job of one kind consists of, as the runner sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call

Json = dict[str, Any]
# A task of the compute port, and what it is asked.
Ask = tuple[str, Json]


class Work(Protocol):
    """All but the tasks themselves must be quick: it runs in the server."""

    def plan(self, job: Job) -> Ask:
        """The task whose answer becomes the job's plan: its first look at the media."""
        ...

    def parts(self, job: Job) -> Sequence[Ask]:
        """By `job.plan` alone, the same each time: the tasks whose answers are the job's parts."""
        ...

    def items(self, call: Call, job: Job, parts: Iterator[Mapping[str, Any]]) -> Iterator[JobItem]:
        """The results, from the answers in order. Evidence is noted on `call`. Raises ClientError,
        whose words become the job's StatusMessage, for media that give none."""
        ...

    def end(self, job: Job) -> None:
        """Remove what the tasks left on this machine's disk. Called again where that failed."""
        ...
