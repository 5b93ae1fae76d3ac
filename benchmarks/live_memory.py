"""Live face search: memory of what looks at cameras, over time.

    python -m benchmarks.live_memory [--cameras 2] [--minutes 10] [--video FILE]

As benchmarks.live, but for long: the memory of server and worker is read every second. The first
fifth of the time warms up. Growth is the slope of a straight line through the medians of each tenth
of the rest; a process that leaks a frame a minute and camera (2.8 MB) would show 166 MB an hour and
camera.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings
from benchmarks.live import CLIP, Bench, encode, used_mb

TENTHS = 10


def measure(cameras: int, seconds: float, clip: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        deployment = open_deployment(Settings(data_dir=Path(folder) / "data"))
        bench = Bench(deployment, clip)
        before_mb = used_mb()
        for no in range(cameras):
            bench.start(f"camera-{no}")
        deployment.streams.supervisor.start()
        read_mb, began = [], time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(1.0)
            read_mb.append(used_mb())
        health = deployment.streams.supervisor.health()
        deployment.close()
    parts = np.array_split(np.array(read_mb[len(read_mb) // 5 :]), TENTHS)
    medians = np.array([np.median(part) for part in parts])
    hours = np.arange(TENTHS) * 0.8 * seconds / TENTHS / 3600
    slope, _ = np.polyfit(hours, medians, 1)
    print(f"before any camera: {before_mb:.0f} MB")
    print("median of each tenth, MB:", *(f"{one:.0f}" for one in medians))
    print(f"each of {cameras} cameras: {(medians[-1] - before_mb) / cameras:.0f} MB")
    print(f"growth: {slope:+.1f} MB an hour")
    print(
        *(
            f"{one.processor}: {one.frames} frames looked at, {one.frames_dropped} not"
            for one in health
        ),
        sep="\n",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--video", type=Path, default=CLIP)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = encode(options.video, Path(folder) / "clip.mp4")
        measure(options.cameras, 60 * options.minutes, clip)


if __name__ == "__main__":
    main()
