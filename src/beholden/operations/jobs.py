"""Jobs as operators see them: listed, described, cancelled, and destroyed when their time is up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypedDict

from beholden.domain.access import Resource
from beholden.domain.job import Job, JobStatus
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._purpose import check_purpose, reaches
from beholden.operations._services import Services

Json = dict[str, Any]

# Developer guide: results are kept for seven days.
KEPT_FOR = timedelta(days=7)


class OneJob(TypedDict):
    JobId: str


def _jobs(_request: Request) -> Resource:
    return Resource("Deployment", "jobs")


def _job(request: Request) -> Resource:
    return Resource("Job", request["JobId"])


@operation("beholden:ListJobs", resource=_jobs, only_reads=True)
def list_jobs(services: Services, call: Call, _request: Request) -> Json:
    return {"Jobs": [_shown(job) for job in services.jobs.list() if reaches(call, job.purpose)]}


@operation("beholden:DescribeJob", resource=_job, only_reads=True)
def describe_job(services: Services, call: Call, request: OneJob) -> Json:
    """What was asked for, and by whom; nothing of what was found."""
    job = _find(services, call, request)
    stored: Any = job.grant["grant"]
    who = stored["query"]["principal"]
    return _shown(job) | {"Request": dict(job.request), "StartedBy": who["name"]}


@operation("beholden:CancelJob", resource=_job)
def cancel_job(services: Services, call: Call, request: OneJob) -> Json:
    """What it has found so far is destroyed. A no-op on a job that has ended."""
    _find(services, call, request)
    by = call.grant.query.principal.name
    job = services.jobs.cancel(request["JobId"], f"Cancelled by {by}.")
    call.note(job=job.job_id, status=job.status)
    return _shown(job)


@operation("beholden:SweepJobs", resource=_jobs)
def sweep_jobs(services: Services, call: Call, _request: Request) -> Json:
    """Destroy the jobs that ended seven days ago, results and data keys."""
    destroyed = services.jobs.expire(call.grant.issued_at - KEPT_FOR)
    call.note(destroyed=[job.job_id for job in destroyed])
    return {"Destroyed": len(destroyed)}


def _find(services: Services, call: Call, request: OneJob) -> Job:
    job = services.jobs.get(request["JobId"])
    check_purpose(call, job.purpose, "job-purpose")
    return job


def _shown(job: Job) -> Json:
    return {
        "JobId": job.job_id,
        "Kind": job.kind,
        "Purpose": job.purpose,
        "Status": job.status.value,
        "StatusMessage": job.message,
        "CreatedAt": job.created_at.isoformat(),
        "FinishedAt": job.finished_at.isoformat() if job.finished_at else None,
        "PercentDone": _percent_done(job),
    }


def _percent_done(job: Job) -> float:
    if job.status is not JobStatus.IN_PROGRESS:
        return 100.0
    return round(100 * job.parts_done / job.parts, 1) if job.parts else 0.0
