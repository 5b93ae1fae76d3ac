"""JPEG bytes to an embedding on one core: Beholden and its peers, taking turns, image by image.

    python -m benchmarks.faces [--images 60] [--dlib]

Peers live in .bench-venv, made here by pip: OpenCV's FaceDetectorYN and FaceRecognizerSF and
DeepFace, both with the same weights, and with --dlib face_recognition (dlib is compiled here: a
quarter of an hour). Beside it the limit: the multiplications and additions of Beholden's three
networks over what the core does in a large product of float32 matrices.
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
import onnx

from beholden.analysis.faces import FaceAnalysis
from beholden.config import Settings
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.vision.alignment import align
from beholden.vision.detectors import FIRST_LOOK_SCALE, Letterbox, decode
from beholden.vision.landmarks import five_points
from benchmarks.clocks import ranged
from benchmarks.lfw import MAX_BYTES, Vision, images
from benchmarks.limits import Peaks, operations
from benchmarks.peers import install, last_line

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "opencv": ("opencv-python-headless<5", "numpy"),
    # It does not name werkzeug among what it needs.
    "deepface": (
        "deepface",
        "tf-keras",
        "werkzeug",
        "opencv-contrib-python-headless<5",
        "opencv-python-headless<5",
    ),
    "face_recognition": ("face_recognition", "dlib", "setuptools<81", "numpy", "pillow"),
}
TO_COMPILE = ("setuptools<81", "wheel", "cmake")
WARM_UP, COMPILE_S = 3, 2400
# What the networks see of a picture of LFW's size.
SHAPES = {"yunet": (1, 3, 128, 128), "face_mesh": (1, 192, 192, 3), "sface": (1, 3, 112, 112)}

Taken = tuple[float, float]
"""Seconds by the wall clock and of the processor; zeros where no face was found."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lfw", type=Path, default=ROOT.parent / "shared/data/lfw")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench-venv")
    parser.add_argument("--alone", action="store_true", help="without peers")
    parser.add_argument("--dlib", action="store_true", help="compile it, if there is no wheel")
    options = parser.parse_args()
    reasons = {} if options.alone else make_peers(options.peers, options.dlib)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    paths = images(options.lfw)
    chosen = paths[:: max(1, len(paths) // options.images)][: options.images]
    vision = Vision.open()
    runners = {"beholden": beholden(vision)}
    for name in [name for name, reason in reasons.items() if not reason]:
        try:
            runners[name] = peer(name, options.peers, chosen[0])
        except RuntimeError as error:
            reasons[name] = str(error)
    report(in_turns(runners, chosen), len(chosen))
    for name, reason in reasons.items():
        if reason:
            print(f"{name} not run: {reason}")
    print()
    print("Steps, CPU:")
    for step, taken in steps(vision, chosen).items():
        print(f"  {step:16} {ranged(np.multiply(1e3, taken), '.3f')} ms")


def in_turns(
    runners: dict[str, Callable[[Path], Taken]], paths: list[Path]
) -> dict[str, list[Taken]]:
    times: dict[str, list[Taken]] = {name: [] for name in runners}
    for turn, path in enumerate(paths[:WARM_UP] + paths):
        for name, run in runners.items():
            taken = run(path)
            if turn >= WARM_UP and any(taken):
                times[name].append(taken)
    return times


def report(times: dict[str, list[Taken]], images: int) -> None:
    """Medians, and how many times Beholden's median by the processor's time."""
    print("| | median ms | CPU ms | times Beholden | faces |\n|---|---:|---:|---:|---:|")
    ours = median(cpu for _, cpu in times["beholden"])
    for name, taken in times.items():
        wall, cpu = np.transpose(taken)
        cells = ranged(wall * 1e3), ranged(cpu * 1e3), ranged(cpu / ours, ".2f")
        print(f"| {name} | {' | '.join(cells)} | {len(taken)} of {images} |")
    print(f"\nBeholden: {Peaks.measured().beside(work(), ours)}\n")


def work() -> int:
    """Multiplications and additions of the networks for a picture of LFW's size with one face."""
    store = ModelStore(Settings().models_dir, read_manifest())
    return sum(operations(store.require(name), (shape,)) for name, shape in SHAPES.items())


def beholden(vision: Vision) -> Callable[[Path], Taken]:
    def run(path: Path) -> Taken:
        data = path.read_bytes()
        start, cpu = time.perf_counter(), time.process_time()
        image = vision.decoder.decode(data, max_bytes=MAX_BYTES)
        found = vision.analysis.detect(image)
        vision.analysis.embed(image, found[:1])
        taken = time.perf_counter() - start, time.process_time() - cpu
        return taken if found else (0.0, 0.0)

    return run


def peer(name: str, folder: Path, first: Path) -> Callable[[Path], Taken]:
    """A process that answers each path. Raises RuntimeError with the reason if it cannot."""
    originals = [str(file) for file in (original("yunet"), with_one_input(folder))]
    script = Path(__file__).with_name("face_peers.py")
    command = [folder / "bin/python", script, name, *originals]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdin
    assert process.stdout
    source, answers = process.stdin, process.stdout

    def run(path: Path) -> Taken:
        print(path, file=source, flush=True)
        if not (answer := answers.readline()):
            raise RuntimeError(last_line(process.communicate()[1]))
        wall, cpu = (float(field) for field in answer.split())
        return wall, cpu

    run(first)
    return run


def original(model: str) -> Path:
    store = ModelStore(Settings().models_dir, read_manifest())
    return store.original(store.spec(model))


def with_one_input(folder: Path) -> Path:
    """SFace as published, but for the weights that it lists among its inputs: ONNX Runtime, which
    DeepFace runs it in, asks for every one of them."""
    model = onnx.load(original("sface"))
    del model.graph.input[1:]
    onnx.save(model, folder / "sface.onnx")
    return folder / "sface.onnx"


def steps(vision: Vision, paths: list[Path]) -> dict[str, list[float]]:
    """What each step of Beholden's path costs, in seconds of the processor."""
    analysis: FaceAnalysis = vision.analysis
    network, mesh, embedder = analysis._detector._network, analysis._mesh, analysis._embedder
    taken: dict[str, list[float]] = {}

    def timed(step, call, *arguments, **named):
        start = time.process_time()
        result = call(*arguments, **named)
        taken.setdefault(step, []).append(time.process_time() - start)
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
    reasons = {name: install(PACKAGES[name], folder) for name in ("opencv", "deepface")}
    if not dlib:
        return reasons | {"face_recognition": "left out: --dlib compiles it, a quarter of an hour"}
    options = ("--no-build-isolation",)
    reason = install(TO_COMPILE, folder) or install(
        PACKAGES["face_recognition"], folder, options, COMPILE_S
    )
    return reasons | {"face_recognition": reason}


if __name__ == "__main__":
    main()
