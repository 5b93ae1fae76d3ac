"""Jobs: work on stored media that outlives the call that started it, and the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobStatus(StrEnum):
    """Rekognition's own. A job that was cancelled has FAILED, and its message says so."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job as its Start operation hands it in.

    `kind` names what it does, for example `FaceSearch`; `request` is what the caller sent, as the
    gate narrowed it; `grant` is the grant it was started under, as `Gate.store` gives it.
    """

    job_id: str
    kind: str
    purpose: str
    request: Mapping[str, object]
    grant: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as records keep it.

    `plan` is what its first look at the media told and how the work is cut: None until then.
    `parts_done` of `parts` are finished. `message` is Rekognition's StatusMessage; `code` is that
    of the error which ended the job.
    """

    no: int
    job_id: str
    kind: str
    purpose: str
    request: Mapping[str, object]
    grant: Mapping[str, object]
    status: JobStatus
    message: str | None
    code: str | None
    created_at: datetime
    finished_at: datetime | None
    plan: Mapping[str, object] | None
    parts: int | None
    parts_done: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's hold on a job. `no` counts the claims of this job: a worker that was thought
    dead holds an older one, with which it can change nothing any more. `in_vain` claims before this
    one ended without a finished part."""

    job: Job
    no: int
    in_vain: int


@dataclass(frozen=True, slots=True)
class JobItem:
    """One item of a job's results.

    `view` names the list that it belongs to (a job may keep more than one, such as results by time
    and by segment); `group` is what a list can be sorted by instead of its own order, such as the
    index of a person.
    """

    body: Mapping[str, object]
    group: int = 0
    view: str = ""


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of a page; `no` is its number in the job, from 1, for the page after it."""

    no: int
    group: int
    body: Mapping[str, object]
