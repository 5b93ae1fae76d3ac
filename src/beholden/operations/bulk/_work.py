"""A bulk job in parts: batches of lines of its manifest, moderated by the workers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from beholden.analysis.image import ImageDecoder
from beholden.analysis.moderation import ModerationAnalysis
from beholden.domain.errors import InvalidManifest, InvalidParameter, InvalidS3Object
from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call
from beholden.operations._copies import Copies
from beholden.operations._images import MAX_OBJECT_BYTES
from beholden.operations.bulk._manifest import Batch, batches, lines, told, write_summary
from beholden.operations.labels import DEFAULT_MODERATION_PCT, moderated
from beholden.ports.blobs import Blobs

Json = dict[str, Any]

KIND = "MediaAnalysis"
MAX_MANIFEST_BYTES = 250 * 2**20
# What is lost at most when a worker dies is the work on so many images.
BATCH = 64


def manifest_of(request: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """Bucket, key and version. Raises InvalidParameter."""
    found = request["Input"]["S3Object"]
    if "Bucket" not in found or "Name" not in found:
        raise InvalidParameter("Request has invalid parameters. A manifest needs an S3Object.")
    return found["Bucket"], found["Name"], found.get("Version")


def key_of(job: Job, name: str) -> tuple[str, str]:
    """Where the job writes: bucket, and key under the prefix that was asked for."""
    output: Any = job.request["OutputConfig"]
    prefix = output.get("S3KeyPrefix", "").strip("/")
    own = f"{job.job_id}-{name}"
    return output["S3Bucket"], f"{prefix}/{own}" if prefix else own


@dataclass(frozen=True, slots=True)
class BulkWork:
    """Implements jobs.work.Work."""

    blobs: Blobs
    folder: Path

    def plan(self, job: Job) -> tuple[str, Json]:
        return "plan-manifest", self._manifest(job) | {
            "summary": key_of(job, "manifest-summary.json")
        }

    def shares(self, job: Job) -> str:
        """Nothing: each is a run of its own."""
        return job.job_id

    def medium(self, job: Job) -> None:
        """Nobody shares it."""

    def parts(self, job: Job) -> int:
        plan: Any = job.plan
        return len(plan["batches"])

    def ask(self, no: int, lead: Job, _jobs: Sequence[Job]) -> tuple[str, Json]:
        plan: Any = lead.plan
        asked: Any = lead.request["OperationsConfig"]
        least = asked["DetectModerationLabels"].get("MinConfidence", DEFAULT_MODERATION_PCT)
        batch = {"sha256": plan["sha256"], "least": least, "batch": plan["batches"][no]}
        return "moderate-batch", self._manifest(lead) | batch

    def own(self, _job: Job, answer: Json) -> Json:
        return answer

    def items(self, call: Call, job: Job, parts: Iterator[Mapping[str, Any]]) -> Iterator[JobItem]:
        """None: what was found is written to the bucket, one part in memory at a time."""
        folder = self.folder / job.job_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        results, errors, said = (folder / name for name in ("results", "errors", "summary"))
        total = invalid = 0
        with results.open("w") as good, errors.open("w") as bad:
            for one in (one for part in parts for one in part["told"]):
                failed = "code" in one
                (bad if failed else good).write(f"{json.dumps(one, separators=(',', ':'))}\n")
                total, invalid = total + 1, invalid + failed
        call.note(images=total - invalid, errors=invalid)
        write(self.blobs, key_of(job, "results.jsonl"), results)
        with errors.open() as bad:
            write_summary(said, total, invalid, bad)
        write(self.blobs, key_of(job, "manifest-summary.json"), said)
        yield from ()

    def end(self, lead: Job) -> None:
        shutil.rmtree(self.folder / lead.job_id, ignore_errors=True)

    def _manifest(self, job: Job) -> Json:
        return {"job": job.job_id, "object": manifest_of(job.request)}


def write(blobs: Blobs, where: tuple[str, str], source: Path) -> None:
    """Raises InvalidParameter: it is OutputConfig that names a bucket which cannot be written."""
    try:
        blobs.write(*where, source)
    except InvalidS3Object as error:
        raise InvalidParameter(str(error)) from error


class BulkTasks:
    """The tasks of a worker process. Images are read and moderated as many at once as there are
    processors."""

    def __init__(
        self, blobs: Blobs, open_moderation: Callable[[], ModerationAnalysis], folder: Path
    ) -> None:
        self._blobs = blobs
        self._open = open_moderation
        self._decoder = ImageDecoder()
        self._moderation: ModerationAnalysis | None = None
        self._manifests = Copies(blobs, folder, "manifest", MAX_MANIFEST_BYTES, InvalidManifest)

    def named(self) -> Mapping[str, Callable[[Json], Json]]:
        return {"plan-manifest": self.plan, "moderate-batch": self.moderate}

    def plan(self, asked: Json) -> Json:
        """Finds out, too, whether the bucket can be written to, before hours of work."""
        path, sha256 = self._manifests.fetch(asked)
        found = batches(path, BATCH)
        said = path.with_name("summary")
        write_summary(said, sum(batch.count for batch in found), 0)
        write(self._blobs, asked["summary"], said)
        return {
            "sha256": sha256,
            "batches": [asdict(batch) for batch in found],
            "version": self._ready().version,
        }

    def moderate(self, asked: Json) -> Json:
        changed = InvalidManifest("The manifest changed while it was being worked on.")
        path = self._manifests.at_hand(asked, changed)
        moderation = self._ready()

        def look(bucket: str, key: str) -> Json:
            data = self._blobs.read(bucket, key, None, MAX_OBJECT_BYTES)
            image = self._decoder.decode(data, max_bytes=MAX_OBJECT_BYTES)
            return moderated(moderation, image, asked["least"] / 100)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(
                lambda one: told(one[0], one[1], look), lines(path, Batch(**asked["batch"]))
            )
            return {"told": list(found)}

    def _ready(self) -> ModerationAnalysis:
        moderation = self._moderation = self._moderation or self._open()
        return moderation
