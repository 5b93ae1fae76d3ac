"""JPEG bytes to an embedding on one core: Beholden and its peers, taking turns, image by image.

    python -m benchmarks.faces [--images 60]

Peers live in .bench-venv, made here by pip: OpenCV's FaceDetectorYN and FaceRecognizerSF with the
same weights, and face_recognition (dlib, compiled here if there is no wheel: a quarter of an hour).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from beholden.analysis.faces import FaceAnalysis
from beholden.config import Settings
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.vision.alignment import align
from beholden.vision.detectors import FIRST_LOOK_SCALE, Letterbox, decode
from beholden.vision.landmarks import five_points
from benchmarks.lfw import MAX_BYTES, Vision, images

ROOT = Path(__file__).parents[1]
PEERS = ("opencv", "face_recognition")
PEER_PACKAGES = ("opencv-python-headless<5", "setuptools<81", "wheel", "cmake", "numpy", "pillow")
WARM_UP = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lfw", type=Path, default=ROOT.parent / "shared/data/lfw")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench-venv")
    options = parser.parse_args()
    make_peers(options.peers)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    paths = images(options.lfw)
    chosen = paths[:: max(1, len(paths) // options.images)][: options.images]
    vision = Vision.open()
    runners = {"beholden": beholden(vision)} | {p: peer(p, options.peers) for p in PEERS}
    times = {name: [] for name in runners}
    for turn, path in enumerate(chosen[:WARM_UP] + chosen):
        for name, run in runners.items():
            seconds = run(path)
            if turn >= WARM_UP and seconds:
                times[name].append(seconds)
    ours = median(times["beholden"])
    for name, taken in times.items():
        print(
            f"{name:18} {median(taken) * 1e3:7.1f} ms  {1 / median(taken):6.1f} images/s  "
            f"{median(taken) / ours:5.2f}x  {len(taken)} of {len(chosen)} with a face"
        )
    for step, taken in steps(vision, chosen).items():
        print(f"  {step:16} {median(taken) * 1e3:7.3f} ms")


def beholden(vision: Vision) -> Callable[[Path], float]:
    def run(path: Path) -> float:
        data = path.read_bytes()
        start = time.perf_counter()
        image = vision.decoder.decode(data, max_bytes=MAX_BYTES)
        found = vision.analysis.detect(image)
        vision.analysis.embed(image, found[:1])
        return time.perf_counter() - start if found else 0.0

    return run


def peer(name: str, folder: Path) -> Callable[[Path], float]:
    """A process that answers each path with the seconds it took, 0 if it found no face."""
    store = ModelStore(Settings().models_dir, read_manifest())
    originals = [str(store.original(store.spec(model))) for model in ("yunet", "sface")]
    script = Path(__file__).with_name("face_peers.py")
    command = [folder / "bin/python", script, name, *originals]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    source, answers = process.stdin, process.stdout

    def run(path: Path) -> float:
        print(path, file=source, flush=True)
        return float(answers.readline())

    return run


def steps(vision: Vision, paths: list[Path]) -> dict[str, list[float]]:
    """What each step of Beholden's path costs, in seconds."""
    analysis: FaceAnalysis = vision.analysis
    network, mesh, embedder = analysis._detector._network, analysis._mesh, analysis._embedder
    taken: dict[str, list[float]] = {}

    def timed(step, call, *arguments, **named):
        start = time.perf_counter()
        result = call(*arguments, **named)
        taken.setdefault(step, []).append(time.perf_counter() - start)
        return result

    for path in paths:
        image = timed("decode", vision.decoder.decode, path.read_bytes(), max_bytes=MAX_BYTES)
        box = Letterbox.fit(image.pixels.shape, FIRST_LOOK_SCALE * max(image.pixels.shape))
        canvas = timed("letterbox", box.draw, image.pixels)
        outputs = timed("YuNet", network, canvas)
        timed("boxes", decode, outputs, box.height, box.width, 0.6)
        face = analysis.detect(image)[0]
        landmarks = five_points(face, timed("mesh", mesh, image, face))[np.newaxis]
        crops = timed("align", align, image.pixels, landmarks)
        timed("SFace", embedder, crops)
    return taken


def make_peers(folder: Path) -> None:
    if not (folder / "bin/python").exists():
        venv.create(folder, with_pip=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *PEER_PACKAGES], check=True, stdout=sys.stderr)
    subprocess.run(
        [*pip, "--no-build-isolation", "dlib", "face_recognition"], check=True, stdout=sys.stderr
    )


if __name__ == "__main__":
    main()
