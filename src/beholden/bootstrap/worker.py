"""What a worker process of stored work is made of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from beholden.bootstrap.blobs import blobs_of
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.bulk._work import BulkTasks
from beholden.operations.video._kinds import KINDS, VideoTools
from beholden.operations.video.work import VideoTasks
from beholden.ports.compute import Task


def worker_tasks(settings: Settings) -> Mapping[str, Task]:
    """What a worker process can do. Its models are loaded when they are first needed."""
    folder, blobs = settings.data_dir / "jobs", blobs_of(settings)
    models = Models(settings, once=True)
    video = VideoTasks(blobs, PyAvFrames(), KINDS, partial(video_tools, models), folder)
    return {**video.named(), **BulkTasks(blobs, models.moderation, folder).named()}


def video_tools(models: Models) -> VideoTools:
    return VideoTools(
        models.analysis(),
        models.describer(),
        models.text(),
        models.labels(),
        models.moderation(),
    )
