"""Telling the outside world that a job has ended: after the fact, and at least once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beholden.domain.job import Job
from beholden.domain.message import Message
from beholden.ports.jobs import JobQueue
from beholden.ports.notifier import Notifier


@dataclass(frozen=True, slots=True)
class Notices:
    """`webhook` says that the end of every job is told to an address of the operator's, too; it is
    the empty one."""

    queue: JobQueue
    notifier: Notifier
    webhook: bool = False

    def send(self) -> None:
        """Hand on what has not been told yet. Raises ServerError if it cannot be kept."""
        for job in self.queue.untold():
            for message in self._messages(job):
                self.notifier.send(message)
            self.queue.told(job)

    def _messages(self, job: Job) -> Iterator[Message]:
        at = job.finished_at or job.created_at
        told = completion(job, at)
        subject = f"Beholden: {told['API']} {told['Status']}"
        channel: Any = job.request.get("NotificationChannel")
        if channel is not None:
            yield Message(f"{job.job_id}-sns", at, subject, told, channel["SNSTopicArn"])
        if self.webhook:
            yield Message(f"{job.job_id}-webhook", at, subject, told)


def completion(job: Job, at: datetime) -> dict[str, object]:
    """As Rekognition publishes it; the developer guide: "Reference: Video analysis results
    notification"."""
    stored: Any = job.grant["grant"]
    told: dict[str, object] = {
        "JobId": job.job_id,
        "Status": job.status.value,
        "API": stored["query"]["action"],
        "Timestamp": round(at.timestamp() * 1000),
    }
    if "JobTag" in job.request:
        told["JobTag"] = job.request["JobTag"]
    video: Any = job.request.get("Video")
    if video is not None:
        where = video["S3Object"]
        told["Video"] = {"S3ObjectName": where["Name"], "S3Bucket": where["Bucket"]}
    return told
