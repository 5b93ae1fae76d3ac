"""Face search in video: against decoding alone, and against a loop over frames with OpenCV.

    python -m benchmarks.video [--peers .bench-venv] [VIDEO ...]

Each clip is encoded to 1280x720 H.264 at 25 frames a second first. Beholden looks at five frames a
second, with every track recognised; "decoding alone" decodes every frame; the loop detects and
recognises with the same weights in each frame, as OpenCV's own sample does. Times are of one
process with everything loaded; CPU seconds are of all its threads, and tell more than the clock on
a machine that is shared. The limit of a search is decoding alone, and *share* what it reaches.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from beholden.analysis.video import observe, rates_of
from beholden.bootstrap.models import Models
from beholden.bootstrap.worker import video_tools
from beholden.config import Settings
from beholden.domain.video import VideoSegment
from beholden.engines.frames.pyav import PyAvFrames
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.operations.video.face_search import TrackedFaces
from benchmarks.clocks import in_turns, once, ranged
from benchmarks.peers import install

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
PEER_PACKAGES = ("opencv-python-headless<5", "numpy")
ROUNDS = 3


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float


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
    looks at `every` so many-th frame. Raises RuntimeError with the reason if it cannot run."""
    if reason := install(PEER_PACKAGES):
        raise RuntimeError(reason)
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

            def alone(path: Path = path) -> int:
                return sum(1 for _ in frames.read(path, WHOLE))

            taken = in_turns({"alone": alone, "search": search}, ROUNDS)
            each, faces = opencv_loop(options.peers / "bin/python", path, *onnx)
            loop = count * np.array([[each.wall_s], [each.cpu_s]])
            cells = (
                _both(taken["alone"], "s"),
                _both(taken["search"], "s"),
                _both(100 * taken["alone"] / taken["search"], "%"),
                f"{once(loop[0, 0])} s, CPU {once(loop[1, 0])} s",
                _both(loop / taken["search"], "times"),
            )
            told = f"{clip.name}, {seconds:.0f} s, {faces:.1f}"
            print(f"| {told} | {' | '.join(cells)} |", flush=True)


def _both(values: np.ndarray, unit: str) -> str:
    """By the clock, and of the processor."""
    wall, cpu = map(ranged, values)
    return f"{wall} {unit}, CPU {cpu} {unit}"


if __name__ == "__main__":
    main()
