"""What a worker process of stored work and of live video is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from beholden.bootstrap.blobs import blobs_of
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.engines.clock import SystemClock
from beholden.engines.frames.live import PyAvLive
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.bulk._work import BulkTasks
from beholden.operations.live.looks import CountLooks, FaceLooks, LabelLooks
from beholden.operations.video._kinds import KINDS, VideoTools
from beholden.operations.video.work import VideoTasks
from beholden.ports.compute import HeldTask, Json, Task, Tasks
from beholden.streams.lookout import Looker, lookout


def worker_tasks(settings: Settings, models: Models | None = None) -> Tasks:
    """What a worker process can do. Its models are loaded when they are first needed, unless they
    are given."""
    return Tasks(
        _stored(settings, models or Models(settings, once=True)),
        _live(settings, models or Models(settings)),
    )


def _stored(settings: Settings, models: Models) -> Mapping[str, Task]:
    folder, blobs = settings.data_dir / "jobs", blobs_of(settings)
    video = VideoTasks(blobs, PyAvFrames(), KINDS, partial(video_tools, models), folder)
    return {**video.named(), **BulkTasks(blobs, models.moderation, folder).named()}


def _live(settings: Settings, models: Models) -> Mapping[str, HeldTask]:
    """By the task of a streams.work.Watch. A clock of this machine is the server's, too."""
    lookers: Mapping[str, Callable[[Json], Looker]] = {
        "faces": lambda _: FaceLooks(models.analysis(), models.describer()),
        "labels": lambda asked: LabelLooks(models.labels(), asked["request"]),
        "count": lambda asked: CountLooks(models.labels(), asked["request"]),
    }
    sources = PyAvLive(SystemClock(), settings.region)
    return {
        name: partial(lookout, sources, looker, models.possible_faces)
        for name, looker in lookers.items()
    }


def video_tools(models: Models) -> VideoTools:
    return VideoTools(
        models.analysis(),
        models.describer(),
        models.text(),
        models.labels(),
        models.moderation(),
    )
