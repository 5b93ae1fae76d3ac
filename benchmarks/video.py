"""Face search in video: against decoding alone, and against a loop over frames with OpenCV.

    python -m benchmarks.video [--peers .bench-venv] [VIDEO ...]

Each clip is encoded to 1280x720 H.264 at 25 frames a second first. Beholden looks at five frames a
second, with every track recognised; "decoding alone" decodes every frame; the loop detects and
recognises with the same weights in each frame, as OpenCV's own sample does. Times are of one
process with everything loaded, the best of three; CPU seconds are of all its threads, and tell more
than the clock on a machine that is shared.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from beholden.analysis.video import observe, rates_of
from beholden.bootstrap.jobs import video_tools
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.video import VideoSegment
from beholden.engines.frames.pyav import PyAvFrames
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.operations.video.face_search import TrackedFaces

ROOT = Path(__file__).parents[1]
VIDEOS = ROOT.parent / "shared/data/videos"
CLIPS = (
    "facenet_pytorch_faces.mp4",  # a crowd of faces
    "MOT20-05_crowd.mp4",  # a crowd from afar: no face that can be told
    "carphone_talking_face.mp4",
    "lfw_face_search.mp4",  # a portrait that drifts, another every two seconds
    "intel_one_by_one_30s.mp4",  # hardly anybody
)
WHOLE = VideoSegment(0, 0, 10**9, None, 0)
ROUNDS = 3


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float


def measure(work: Callable[[], object], rounds: int = ROUNDS) -> Cost:
    costs = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        costs.append((time.perf_counter() - wall, time.process_time() - cpu))
    return Cost(min(w for w, _ in costs), min(c for _, c in costs))


def encode(source: Path, target: Path) -> tuple[int, float]:
    """The clip as 720p at 25 frames a second: how many frames, how many seconds."""
    count = 0
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream("libx264", rate=25, options={"preset": "medium", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for frame in read.decode(video=0):
            scaled = frame.reformat(1280, 720, "yuv420p")
            scaled.pts, scaled.time_base = count, Fraction(1, 25)
            scaled.pict_type = av.video.frame.PictureType.NONE
            written.mux(stream.encode(scaled))
            count += 1
        written.mux(stream.encode())
    return count, count / 25


def opencv_loop(
    python: Path, path: Path, yunet: Path, sface: Path, every: int = 1
) -> tuple[Cost, float]:
    """What a look costs, decoding included, and faces a look, of the loop with OpenCV alone that
    looks at `every` so many-th frame."""
    script = Path(__file__).with_name("video_peer.py")
    done = subprocess.run(
        [python, script, path, yunet, sface, str(every)], capture_output=True, text=True, check=True
    )
    wall, cpu, faces = map(float, done.stdout.split())
    return Cost(wall, cpu), faces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench-venv")
    options = parser.parse_args()
    settings, frames = Settings(), PyAvFrames()
    tools = video_tools(Models(settings))
    store = ModelStore(settings.models_dir, read_manifest())
    onnx = [store.original(store.spec(name)) for name in ("yunet", "sface")]
    clips = options.clips or [VIDEOS / name for name in CLIPS]
    print("| clip, faces a frame | decoding alone | face search | share | OpenCV loop | times |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for clip in clips:
            path = Path(folder) / "clip.mp4"
            count, seconds = encode(clip, path)

            def search(path: Path = path) -> None:
                faces = TrackedFaces(tools)
                observe(frames.read(path, WHOLE, rates_of([faces])), None, [faces])
                faces.part()

            search()
            alone = measure(lambda path=path: sum(1 for _ in frames.read(path, WHOLE)))
            ours = measure(search)
            each, faces = opencv_loop(options.peers / "bin/python", path, *onnx)
            loop = Cost(each.wall_s * count, each.cpu_s * count)
            print(
                f"| {clip.name}, {seconds:.0f} s, {faces:.1f} | {_of(alone)} | {_of(ours)} "
                f"| {alone.wall_s / ours.wall_s:.0%} (CPU {alone.cpu_s / ours.cpu_s:.0%}) "
                f"| {_of(loop)} "
                f"| {loop.wall_s / ours.wall_s:.1f}x (CPU {loop.cpu_s / ours.cpu_s:.1f}x) |",
                flush=True,
            )


def _of(cost: Cost) -> str:
    return f"{cost.wall_s:.2f} s, CPU {cost.cpu_s:.2f} s"


if __name__ == "__main__":
    main()
