"""Start and Get of every video analysis: what they have in common."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidParameter, ResourceNotFound, VideoTooLarge
from beholden.domain.job import Job, JobStatus, NewJob, ShownItem
from beholden.gate.call import Call
from beholden.operations import _present
from beholden.operations._once import Remember, once
from beholden.operations._services import Services

Json = dict[str, Any]

# Developer guide, "Guidelines and quotas".
MAX_VIDEO_BYTES = 10 * 2**30
MAX_JOBS = 20
MAX_PAGE = 1000
NO_SNS = (
    "This deployment knows no SNS to notify: leave out NotificationChannel, or ask its operator."
)


def videos(_request: Mapping[str, Any]) -> Resource:
    """Videos that are read and not kept."""
    return Resource("Deployment", "videos")


def job(request: Mapping[str, Any]) -> Resource:
    return Resource("Job", request["JobId"])


def start(services: Services, call: Call, request: Mapping[str, Any], kind: str) -> Json:
    """Start a job of a kind. Raises InvalidParameter, InvalidS3Object, VideoTooLarge, TooManyJobs,
    IdempotentParameterMismatch."""
    if "NotificationChannel" in request and not services.publishes:
        raise InvalidParameter(NO_SNS)
    bucket, key, version = where(request["Video"])
    call.note(video=services.hashes.of(f"{bucket}/{key}".encode()))

    def check() -> None:
        if services.blobs.head(bucket, key, version).size_bytes > MAX_VIDEO_BYTES:
            raise VideoTooLarge

    return begin(services, call, request, kind, check)


def begin(
    services: Services,
    call: Call,
    request: Mapping[str, Any],
    kind: str,
    check: Callable[[], None],
) -> Json:
    """The JobId of a job that is in progress from now on, unless `check` raises."""

    def act(remember: Remember) -> Json:
        check()
        response = {"JobId": secrets.token_hex(32)}
        new = NewJob(
            job_id=response["JobId"],
            kind=kind,
            purpose=call.grant.query.principal.purpose,
            request=request,
            grant=services.store_grant(call.grant),
        )
        services.jobs.add(new, MAX_JOBS, remember(response))
        return response

    response = once(services, call, request, act)
    call.note(job=response["JobId"])
    return response


def where(video: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """Bucket, key and version of a Video. Raises InvalidParameter."""
    s3_object = video.get("S3Object", {})
    if "Bucket" not in s3_object or "Name" not in s3_object:
        raise InvalidParameter("Request has invalid parameters. A video needs an S3Object.")
    return s3_object["Bucket"], s3_object["Name"], s3_object.get("Version")


def find(services: Services, call: Call, request: Mapping[str, Any], kind: str) -> Job:
    """The job that a Get asks for. Raises ResourceNotFound unless it is one of this kind."""
    found = services.jobs.get(request["JobId"])
    if found.kind != kind:
        raise ResourceNotFound(f"Could not find JobId {found.job_id}")
    call.note(job=found.job_id, status=found.status)
    return found


def page(
    services: Services,
    found: Job,
    request: Mapping[str, Any],
    *,
    view: str = "",
    grouped: bool = False,
) -> tuple[Sequence[ShownItem], str | None]:
    """The items of the page that a Get asks for, and the token of the next one."""
    size = min(request.get("MaxResults", MAX_PAGE), MAX_PAGE)
    scope = f"job:{found.job_id}:{view}:{grouped}"
    after = services.pages.position(scope, request.get("NextToken"))
    if found.status is not JobStatus.SUCCEEDED:
        return (), None
    items = services.jobs.page(found, view, after, size + 1, grouped=grouped)
    more = services.pages.issue(scope, items[size - 1].no) if len(items) > size else None
    return items[:size], more


def duration_ms(planned: Job) -> int:
    plan: Any = planned.plan
    return int(plan["video"]["duration_ms"])


def answer(found: Job, results: Json, token: str | None = None) -> Json:
    """A Get's response: how the job stands, what the video is, and a page of results."""
    response: Json = {
        "JobStatus": found.status.value,
        "JobId": found.job_id,
        "Video": found.request["Video"],
        **results,
    }
    if found.message is not None:
        response["StatusMessage"] = found.message
    if "JobTag" in found.request:
        response["JobTag"] = found.request["JobTag"]
    plan: Any = found.plan
    if plan is not None:
        response["VideoMetadata"] = _present.video_metadata(plan["video"])
    return _present.page(response, token)
