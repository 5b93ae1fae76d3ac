"""A video job in parts: what the server asks of its workers, and what a worker does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from beholden.analysis.video import observe
from beholden.domain.errors import UnreadableVideo, VideoTooLarge
from beholden.domain.job import Job, JobItem, JobStatus
from beholden.domain.video import VideoSegment
from beholden.gate.call import Call
from beholden.operations._copies import Copies
from beholden.operations._services import Services
from beholden.operations.video._jobs import MAX_VIDEO_BYTES, where
from beholden.operations.video._kinds import VideoKind, VideoTools
from beholden.ports.blobs import Blobs
from beholden.ports.frames import Frames
from beholden.ports.jobs import Jobs

Json = dict[str, Any]

MAX_DURATION_MS = 6 * 3600 * 1000
# What is lost at most when a worker dies is the work on this much media.
SEGMENT_MS = 10_000


@dataclass(frozen=True, slots=True)
class VideoWork:
    """Implements jobs.work.Work for the video jobs of one kind, which `name` names."""

    services: Services
    name: str
    kind: VideoKind
    folder: Path

    def plan(self, job: Job) -> tuple[str, Json]:
        return "plan-video", self._video(job)

    def parts(self, job: Job) -> Sequence[tuple[str, Json]]:
        plan: Any = job.plan
        asked = self._video(job) | {
            "sha256": plan["sha256"],
            "observe": {self.name: self.kind.options(job.request)},
        }
        return [("observe-segment", asked | {"segment": one}) for one in plan["segments"]]

    def items(self, call: Call, job: Job, parts: Iterator[Mapping[str, Any]]) -> Iterator[JobItem]:
        own = (part[self.name] for part in _decoded(parts))
        return self.kind.items(self.services, call, job, own)

    def end(self, job: Job) -> None:
        shutil.rmtree(self.folder / job.job_id, ignore_errors=True)

    def _video(self, job: Job) -> Json:
        video: Any = job.request["Video"]
        return {"job": job.job_id, "object": where(video)}


def tidy(folder: Path, jobs: Jobs) -> None:
    """Remove what a crash left of jobs that have ended."""
    running = {job.job_id for job in jobs.list() if job.status is JobStatus.IN_PROGRESS}
    for left in folder.glob("*"):
        if left.name not in running:
            shutil.rmtree(left, ignore_errors=True)


def _decoded(parts: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Raises UnreadableVideo in the end if no segment had a frame."""
    frames = 0
    for part in parts:
        frames += part["frames"]
        yield part["found"]
    if not frames:
        raise UnreadableVideo("The video has no frame that can be decoded.")


class VideoTasks:
    """The tasks of a worker process. `folder` is where videos are while they are worked on."""

    def __init__(
        self,
        blobs: Blobs,
        frames: Frames,
        kinds: Mapping[str, VideoKind],
        open_tools: Callable[[], VideoTools],
        folder: Path,
    ) -> None:
        self._frames = frames
        self._kinds = kinds
        self._open_tools = open_tools
        self._tools: VideoTools | None = None
        self._videos = Copies(blobs, folder, "video", MAX_VIDEO_BYTES)

    def named(self) -> Mapping[str, Callable[[Json], Json]]:
        return {"plan-video": self.plan, "observe-segment": self.observe}

    def plan(self, asked: Json) -> Json:
        path, sha256 = self._videos.fetch(asked)
        plan = self._frames.plan(path, SEGMENT_MS)
        if plan.video.duration_ms > MAX_DURATION_MS:
            raise VideoTooLarge
        return asdict(plan) | {"sha256": sha256}

    def observe(self, asked: Json) -> Json:
        changed = UnreadableVideo("The video changed while it was being analysed.")
        path = self._videos.at_hand(asked, changed)
        tools = self._tools = self._tools or self._open_tools()
        segment = VideoSegment(**asked["segment"])
        observers = {
            name: self._kinds[name].observe(tools, options)
            for name, options in asked["observe"].items()
        }
        frames = self._frames.read(path, segment)
        seen = observe(frames, segment.before_ms, list(observers.values()))
        found = {name: observer.part() for name, observer in observers.items()}
        return {"frames": seen, "found": found}
