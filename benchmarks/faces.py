"""JPEG bytes to an embedding on one core: Beholden and its peers, taking turns, image by image.

    python -m benchmarks.faces [--images 60] [--dlib]

Peers live in .bench-venv, made here by pip: OpenCV's FaceDetectorYN and FaceRecognizerSF with the
same weights, and with --dlib face_recognition (dlib is compiled here: a quarter of an hour).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
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
from benchmarks.peers import install

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "opencv": ("opencv-python-headless<5", "numpy"),
    "face_recognition": ("face_recognition", "dlib", "setuptools<81", "numpy", "pillow"),
}
TO_COMPILE = ("setuptools<81", "wheel", "cmake")
WARM_UP, COMPILE_S = 3, 2400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lfw", type=Path, default=ROOT.parent / "shared/data/lfw")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench-venv")
    parser.add_argument("--dlib", action="store_true", help="compile it, if there is no wheel")
    options = parser.parse_args()
    reasons = make_peers(options.peers, options.dlib)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    paths = images(options.lfw)
    chosen = paths[:: max(1, len(paths) // options.images)][: options.images]
    vision = Vision.open()
    runners = {"beholden": beholden(vision)} | {
        name: peer(name, options.peers) for name, reason in reasons.items() if not reason
    }
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
    for name, reason in reasons.items():
        if reason:
            print(f"{name:18} not run: {reason}")
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


def make_peers(folder: Path, dlib: bool) -> dict[str, str]:
    """The peers, each with the reason why it cannot run, if there is one."""
    reasons = {"opencv": install(PACKAGES["opencv"], folder)}
    if not dlib:
        return reasons | {"face_recognition": "left out: --dlib compiles it, a quarter of an hour"}
    options = ("--no-build-isolation",)
    reason = install(TO_COMPILE, folder) or install(
        PACKAGES["face_recognition"], folder, options, COMPILE_S
    )
    return reasons | {"face_recognition": reason}


if __name__ == "__main__":
    main()
