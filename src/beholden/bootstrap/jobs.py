"""What works through jobs, in the server."""

from __future__ import annotations

from functools import partial

from beholden.bootstrap.worker import worker_tasks
from beholden.config import Settings
from beholden.domain.message import Message
from beholden.engines.compute.local import LocalCompute
from beholden.engines.compute.process import Limits
from beholden.engines.notifier.outbox import Deliver, NotDelivered, Outbox
from beholden.engines.notifier.sns import Sns
from beholden.engines.notifier.webhook import Webhook, secret_of
from beholden.engines.records.engine import SqlRecords
from beholden.gate.gate import Gate
from beholden.jobs.loop import JobLoop
from beholden.jobs.notices import Notices
from beholden.jobs.runner import JobRunner
from beholden.jobs.work import Work
from beholden.operations._services import Services
from beholden.operations.bulk._work import KIND as BULK
from beholden.operations.bulk._work import BulkWork
from beholden.operations.jobs import KEPT_FOR
from beholden.operations.video._kinds import KINDS
from beholden.operations.video.work import VideoWork, tidy
from beholden.ports.compute import Compute


def compute_of(settings: Settings) -> LocalCompute:
    limits = Limits(memory_bytes=settings.job_worker_memory_mb * 2**20)
    return LocalCompute(partial(worker_tasks, settings), settings.job_workers, limits)


def jobs_of(
    settings: Settings, records: SqlRecords, gate: Gate, services: Services, compute: Compute
) -> JobLoop:
    folder = settings.data_dir / "jobs"
    works: dict[str, Work] = {BULK: BulkWork(services.blobs, folder)}
    works |= dict.fromkeys(KINDS, VideoWork(services, KINDS, folder))
    runner = JobRunner(
        gate,
        records.job_queue,
        compute,
        works,
        lease_s=settings.job_lease_s,
        ahead=settings.job_workers,
    )
    outbox = _outbox(settings)
    notices = Notices(records.job_queue, outbox, settings.job_webhook is not None)

    def begin() -> None:
        tidy(folder, records.jobs)
        outbox.start()

    return JobLoop(runner, notices, begin, settings.jobs_at_once)


def _outbox(settings: Settings) -> Outbox:
    """For ends of jobs: those with an address are published there, the others are posted. What
    could not be delivered while there were results is nothing to anybody."""
    receivers: dict[bool, Deliver] = {}
    if settings.sns_endpoint is not None:
        receivers[True] = Sns(settings.sns_endpoint, settings.region)
    if settings.job_webhook is not None:
        secret = secret_of(settings.job_webhook_secret.get_secret_value())
        receivers[False] = Webhook(settings.job_webhook, secret)

    def deliver(message: Message) -> None:
        receiver = receivers.get(bool(message.to))
        if receiver is None:
            raise NotDelivered(f"{message.to or 'the webhook'} is not set any more")
        receiver(message)

    return Outbox(settings.data_dir / "jobs-outbox", deliver, good_for=KEPT_FOR)
