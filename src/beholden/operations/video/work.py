"""A video job in parts: what the server asks of its workers, and what a worker does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from beholden.analysis.video import Observer, observe, rates_of
from beholden.domain.errors import InvalidS3Object, UnreadableVideo, VideoTooLarge
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
    """Implements jobs.work.Work: jobs that look at the same video for the same caller are one run,
    in which it is copied and decoded once."""

    services: Services
    kinds: Mapping[str, VideoKind]
    folder: Path

    def shares(self, job: Job) -> Hashable:
        stored: Any = job.grant["grant"]
        caller = stored["query"]["principal"]["name"]
        plan: Any = job.plan or {}
        return caller, job.purpose, _object_of(job), plan.get("sha256")

    def medium(self, job: Job) -> str | None:
        try:
            return self.services.blobs.head(*_object_of(job)).tag
        except InvalidS3Object:
            return None

    def plan(self, job: Job) -> tuple[str, Json]:
        return "plan-video", self._asked(job)

    def parts(self, job: Job) -> int:
        plan: Any = job.plan
        return len(plan["segments"])

    def ask(self, no: int, lead: Job, jobs: Sequence[Job]) -> tuple[str, Json]:
        plan: Any = lead.plan
        observe = {j.job_id: (j.kind, self.kinds[j.kind].options(j.request)) for j in jobs}
        segment = {"sha256": plan["sha256"], "segment": plan["segments"][no], "observe": observe}
        return "observe-segment", self._asked(lead) | segment

    def own(self, job: Job, answer: Json) -> Json:
        return {"frames": answer["frames"], "found": answer["found"][job.job_id]}

    def items(self, call: Call, job: Job, parts: Iterator[Mapping[str, Any]]) -> Iterator[JobItem]:
        return self.kinds[job.kind].items(self.services, call, job, _decoded(parts))

    def end(self, lead: Job) -> None:
        shutil.rmtree(self.folder / lead.job_id, ignore_errors=True)

    def _asked(self, lead: Job) -> Json:
        return {"job": lead.job_id, "object": _object_of(lead)}


def _object_of(job: Job) -> tuple[str, str, str | None]:
    video: Any = job.request["Video"]
    return where(video)


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
        observers: dict[Hashable, Observer] = {}
        keys: dict[str, Hashable] = {}
        for job, (name, options) in asked["observe"].items():
            make = self._kinds[name].observe
            keys[job] = key = (make, json.dumps(options, sort_keys=True))
            observers[key] = observers.get(key) or make(tools, options)
        frames = self._frames.read(path, segment, rates_of(observers.values()))
        seen = observe(frames, segment.before_ms, list(observers.values()))
        parts = {key: observer.part() for key, observer in observers.items()}
        return {"frames": seen, "found": {job: parts[key] for job, key in keys.items()}}
