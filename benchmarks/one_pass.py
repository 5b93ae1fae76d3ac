"""All eight analyses of one video: each by itself, and all in one pass over it.

    python -m benchmarks.one_pass [VIDEO ...]

Each clip is encoded to 1280x720 H.264 at 25 frames a second first, and its first ten seconds are
analysed as a worker does it, with everything loaded. CPU seconds are of all threads: they tell more
than the clock on a machine that is shared.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from beholden.bootstrap.models import Models
from beholden.bootstrap.worker import video_tools
from beholden.config import Settings
from beholden.engines.blobs.store import LocalBlobs
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.video._kinds import KINDS
from beholden.operations.video.work import VideoTasks
from benchmarks.clocks import once, ranged, spent
from benchmarks.video import VIDEOS, encode

CLIPS = ("lfw_face_search.mp4", "intel_one_by_one_30s.mp4", "big_buck_bunny_0_30_cuts.mp4")
REQUESTS: dict[str, dict[str, Any]] = {
    "SegmentDetection": {"SegmentTypes": ["SHOT", "TECHNICAL_CUE"]}
}
TEN_SECONDS = {"no": 0, "start_ms": 0, "end_ms": 10_000, "before_ms": None, "first_frame_no": 0}
ROUNDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", type=Path)
    clips = parser.parse_args().clips or [VIDEOS / name for name in CLIPS]
    models = Models(Settings(), once=True)
    print(f"| clip | {' | '.join(KINDS)} | sum | dearest | one pass | of the dearest |")
    print("|---|" + "---:|" * (len(KINDS) + 4))
    for clip in clips:
        with tempfile.TemporaryDirectory() as name:
            print(row(Path(name), clip, models), flush=True)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"at most, with every network loaded: {once(most)} MiB")


def row(folder: Path, clip: Path, models: Models) -> str:
    bucket = folder / "buckets" / "videos"
    bucket.mkdir(parents=True)
    encode(clip, bucket / "clip.mp4")
    tools = partial(video_tools, models)
    tasks = VideoTasks(LocalBlobs(bucket.parent), PyAvFrames(), KINDS, tools, folder / "jobs")
    asked = {"job": "j", "object": ("videos", "clip.mp4", None)}
    asked |= {"sha256": tasks.plan(asked)["sha256"], "segment": TEN_SECONDS}
    jobs = {n: {n: (n, kind.options(REQUESTS.get(n, {})))} for n, kind in KINDS.items()}
    together = {name: one for job in jobs.values() for name, one in job.items()}

    def cpu_s(observe: dict[str, Any]) -> float:
        return spent(lambda: tasks.observe(asked | {"observe": observe}))[1]

    tasks.observe(asked | {"observe": together})  # loads
    rounds = [[cpu_s(one) for one in (*jobs.values(), together)] for _ in range(ROUNDS)]
    costs = np.array(rounds)
    of_each, whole = costs[:, :-1], costs[:, -1]
    columns = (*of_each.T, of_each.sum(1), of_each.max(1), whole)
    cells = " | ".join(map(ranged, columns))
    return f"| {clip.stem} | {cells} | {ranged(whole / of_each.max(1), '.2f')} |"


if __name__ == "__main__":
    main()
