"""StartMediaAnalysisJob, GetMediaAnalysisJob and ListMediaAnalysisJobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidManifest, InvalidParameter, ResourceNotFound
from beholden.domain.job import Job, JobStatus
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present, _resources
from beholden.operations._services import Services
from beholden.operations.bulk._work import KIND, MAX_MANIFEST_BYTES, key_of, manifest_of
from beholden.operations.video import _jobs

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetMediaAnalysisJobRequestTypeDef,
        ListMediaAnalysisJobsRequestTypeDef,
        StartMediaAnalysisJobRequestTypeDef,
    )

Json = dict[str, Any]

DEFAULT_PAGE = 100
ASKED = ("JobName", "OperationsConfig", "Input", "OutputConfig")
FAILURES = {
    "InvalidS3ObjectException": "INVALID_S3_OBJECT",
    "InvalidManifestException": "INVALID_MANIFEST",
    "InvalidParameterException": "INVALID_OUTPUT_CONFIG",
    "AccessDeniedException": "ACCESS_DENIED",
}


@operation("StartMediaAnalysisJob", resource=_resources.images)
def start_media_analysis_job(
    services: Services, call: Call, request: StartMediaAnalysisJobRequestTypeDef
) -> Json:
    _check(request)
    bucket, key, version = manifest_of(request)
    call.note(manifest=services.hashes.of(f"{bucket}/{key}".encode()))

    def check() -> None:
        if not 0 < services.blobs.head(bucket, key, version).size_bytes <= MAX_MANIFEST_BYTES:
            raise InvalidManifest

    return _jobs.begin(services, call, request, KIND, check)


def _check(request: Mapping[str, Any]) -> None:
    """Nothing is silently left undone: there are neither adapters nor KMS here."""
    moderation = request["OperationsConfig"].get("DetectModerationLabels")
    if moderation is None:
        raise InvalidParameter("OperationsConfig must say what to do: DetectModerationLabels.")
    if "ProjectVersion" in moderation:
        raise ResourceNotFound(f"There is no adapter {moderation['ProjectVersion']}.")
    if "KmsKeyId" in request:
        raise InvalidParameter("KmsKeyId is not offered: let the bucket encrypt what it keeps.")


@operation("GetMediaAnalysisJob", resource=_jobs.job, only_reads=True)
def get_media_analysis_job(
    services: Services, call: Call, request: GetMediaAnalysisJobRequestTypeDef
) -> Json:
    return _shown(_jobs.find(services, call, request, KIND))


def _jobs_of(_request: Mapping[str, Any]) -> Resource:
    return Resource("Deployment", "jobs")


@operation("ListMediaAnalysisJobs", resource=_jobs_of, only_reads=True)
def list_media_analysis_jobs(
    services: Services, call: Call, request: ListMediaAnalysisJobsRequestTypeDef
) -> Json:
    """Those of the caller's purpose, the newest first."""
    purpose = call.grant.query.principal.purpose
    scope = f"media-analysis:{purpose}"
    before = services.pages.position(scope, request.get("NextToken"))
    found = [
        job
        for job in services.jobs.list()
        if job.kind == KIND and job.purpose == purpose and (not before or job.no < before)
    ]
    size = request.get("MaxResults", DEFAULT_PAGE)
    token = services.pages.issue(scope, found[size - 1].no) if len(found) > size else None
    return _present.page({"MediaAnalysisJobs": [_shown(job) for job in found[:size]]}, token)


def _shown(job: Job) -> Json:
    shown: Json = {
        "JobId": job.job_id,
        "Status": _status(job),
        "CreationTimestamp": job.created_at,
        **{name: job.request[name] for name in ASKED if name in job.request},
    }
    if job.finished_at is not None:
        shown["CompletionTimestamp"] = job.finished_at
    if job.status is JobStatus.SUCCEEDED:
        plan: Any = job.plan
        shown["Results"] = {
            "S3Object": _written(job, "results.jsonl"),
            "ModelVersions": {"Moderation": plan["version"]},
        }
        shown["ManifestSummary"] = {"S3Object": _written(job, "manifest-summary.json")}
    if job.status is JobStatus.FAILED:
        code = FAILURES.get(job.code or "", "INTERNAL_ERROR")
        shown["FailureDetails"] = {"Code": code, "Message": job.message}
    return shown


def _status(job: Job) -> str:
    waiting = job.status is JobStatus.IN_PROGRESS and job.plan is None
    return "QUEUED" if waiting else job.status.value


def _written(job: Job, name: str) -> Json:
    bucket, key = key_of(job, name)
    return {"Bucket": bucket, "Name": key}
