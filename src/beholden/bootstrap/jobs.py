"""What works on stored videos, in the server and in the processes that it starts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from beholden.bootstrap.models import Models
from beholden.bootstrap.services import blobs_of
from beholden.config import Settings
from beholden.engines.compute.local import LocalCompute
from beholden.engines.frames.pyav import PyAvFrames
from beholden.engines.records.engine import SqlRecords
from beholden.gate.gate import Gate
from beholden.jobs.loop import JobLoop
from beholden.jobs.runner import JobRunner
from beholden.operations._services import Services
from beholden.operations.video._kinds import KINDS, VideoTools
from beholden.operations.video.work import VideoTasks, VideoWork, tidy
from beholden.ports.compute import Task


def jobs_of(settings: Settings, records: SqlRecords, gate: Gate, services: Services) -> JobLoop:
    folder = settings.data_dir / "jobs"
    compute = LocalCompute(partial(worker_tasks, settings), settings.job_workers)
    works = {name: VideoWork(services, name, kind, folder) for name, kind in KINDS.items()}
    runner = JobRunner(
        gate,
        records.job_queue,
        compute,
        works,
        lease_s=settings.job_lease_s,
        ahead=settings.job_workers,
    )
    return JobLoop(runner, partial(tidy, folder, records.jobs))


def worker_tasks(settings: Settings) -> Mapping[str, Task]:
    """What a worker process can do. Its models are loaded when they are first needed."""
    folder, tools = settings.data_dir / "jobs", partial(video_tools, settings)
    return VideoTasks(blobs_of(settings), PyAvFrames(), KINDS, tools, folder).named()


def video_tools(settings: Settings) -> VideoTools:
    models = Models(settings)
    return VideoTools(
        models.analysis(),
        models.describer(),
        models.text(),
        models.labels(),
        models.moderation(),
    )
