"""Short cuts on the way to an embedding, tried on LFW: what each saves and what it costs.

    python -m benchmarks.face_shortcuts [--lfw DIR]

Aligning without the face mesh (and whether the detector's points tell when it is needed), averaging
with the mirrored face, and SFace in eight bits (benchmarks/eight_bits.py). FNMR over all mated
pairs at the threshold that gives the FMR over all non-mated ones; the difference to the path as it
is, pair by pair, with a 95% interval by a bootstrap over subjects. Processor time of the embedding
alone.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from beholden.config import Settings
from beholden.domain.arrays import Float32, UInt8
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.evaluation.comparisons import compare_all
from beholden.vision.alignment import align
from beholden.vision.landmarks import five_points
from benchmarks import eight_bits
from benchmarks.calibrate import ALIASES
from benchmarks.clocks import ranged
from benchmarks.lfw import Vision, central, fold_accuracies, images

LFW = Path(__file__).parents[2] / "shared/data/lfw"
FALSE_MATCH_RATES = (1e-3, 1e-4, 1e-5)
REPLICATES, SEED = 2000, 19795
SHARES = (0.1, 0.3, 0.5)
# One crop in so many sets the ranges of activations.
EVERY = 8


@dataclass(frozen=True)
class Faces:
    """The central face of each image: crops (n, 112, 112, 3) by the mesh and by the detector, and
    the detector's landmarks (n, 5, 2). `meshed`: whose landmarks are the mesh's."""

    aligned: UInt8
    detected: UInt8
    landmarks: Float32
    meshed: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lfw", type=Path, default=LFW)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    paths = images(options.lfw)
    faces = read(Vision.open(), paths)
    tell_when_tilted(faces)
    print("| | CPU ms | cosine to f32 | accuracy | FNMR at FMR 1e-3, 1e-4, 1e-5 and change, % |")
    print("|---|---:|---:|---:|---|")
    table = Table(paths, options.lfw)
    for name, (embeddings, ms) in variants(faces):
        print(table.row(name, embeddings, ms), flush=True)


def variants(faces: Faces) -> Iterator[tuple[str, tuple[Float32, np.ndarray]]]:
    path = ModelStore(Settings().models_dir, read_manifest()).require("sface")
    whole = eight_bits.network(eight_bits.quantised(path, {}))
    plain, ms = embedded(whole, faces.aligned)
    yield "as it is", (unit(plain), ms)
    detected, same = embedded(whole, faces.detected)
    yield "without the mesh", (unit(detected), same)
    mirrored, more = embedded(whole, faces.aligned[:, :, ::-1])
    yield "with the mirrored face", (unit(unit(plain) + unit(mirrored)), ms + more)
    measured = eight_bits.ranges_of(path, faces.aligned[::EVERY])
    for name, ranges in eight_bits.variants(path, measured).items():
        raw, ms = embedded(eight_bits.network(eight_bits.quantised(path, ranges)), faces.aligned)
        yield f"eight bits: {name}", (unit(raw), ms)


def read(vision: Vision, paths: list[Path]) -> Faces:
    rows = []
    for path in paths:
        image = vision.decode(path)
        face = central(image, vision.analysis.detect(image))
        five = five_points(face, vision.analysis._mesh(image, face))
        crops = align(image.pixels, np.stack([five, face.landmarks_px]).astype(np.float32))
        rows.append((*crops, face.landmarks_px, five is not face.landmarks_px))
    return Faces(*(np.array(column) for column in zip(*rows, strict=True)))


def tell_when_tilted(faces: Faces) -> None:
    """How many of the faces that need the mesh would be seen, were it run for the most suspicious
    share by what the detector's own points show."""
    eyes = faces.landmarks[:, 1] - faces.landmarks[:, 0]
    down = (faces.landmarks[:, 3:].sum(axis=1) - faces.landmarks[:, :2].sum(axis=1)) / 2
    eye_line = np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))
    axis = np.degrees(np.arctan2(-down[:, 0], down[:, 1]))
    print(f"Landmarks are the mesh's in {faces.meshed.mean():.1%} of {len(eyes)} faces.")
    signs = {"eye line": eye_line, "axis": axis, "axis against eye line": axis - eye_line}
    for name, sign in signs.items():
        found = faces.meshed[np.argsort(-np.abs(sign))].cumsum() / faces.meshed.sum()
        told = ", ".join(f"{found[int(s * len(found)) - 1]:.0%} in {s:.0%}" for s in SHARES)
        print(f"Of these by {name}: {told} of all faces.")
    print()


def embedded(embed: Callable[[UInt8], Float32], crops: UInt8) -> tuple[Float32, np.ndarray]:
    """Raw embeddings (n, d) and the processor time of each, in ms."""
    rows, took = [], []
    for crop in crops:
        begun = time.process_time()
        rows.append(embed(crop))
        took.append(time.process_time() - begun)
    return np.array(rows), 1e3 * np.array(took)


def unit(raw: Float32) -> Float32:
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


class Table:
    """Rows of the table; the first row is what the others are compared with."""

    def __init__(self, paths: list[Path], lfw: Path) -> None:
        self._lfw, self._stems = lfw, [path.stem for path in paths]
        names = [ALIASES.get(path.parent.name, path.parent.name) for path in paths]
        self._subjects = np.unique(names, return_inverse=True)[1].astype(np.int64)
        self._first: tuple[Float32, list[np.ndarray]] | None = None

    def row(self, name: str, embeddings: Float32, ms: np.ndarray) -> str:
        pairs = compare_all(embeddings, np.arange(len(embeddings)), self._subjects)
        strangers = np.sort(pairs[1].scores)[::-1]
        missed = [
            pairs[0].scores < strangers[math.ceil(rate * len(strangers)) - 1]
            for rate in FALSE_MATCH_RATES
        ]
        first, before = self._first = self._first or (embeddings, missed)
        accuracies = fold_accuracies(dict(zip(self._stems, embeddings, strict=True)), self._lfw)
        cells = [
            f"{now.mean():.2%}".rstrip("%") + change(now, then, pairs[0].subject_a)
            for now, then in zip(missed, before, strict=True)
        ]
        cosine = np.einsum("ij,ij->i", embeddings, first).mean()
        return (
            f"| {name} | {ranged(ms)} | {cosine:.4f} | {np.mean(accuracies):.2%} "
            f"| {'; '.join(cells)} |"
        )


def change(now: np.ndarray, before: np.ndarray, subjects: np.ndarray) -> str:
    """Difference in percentage points, with its 95% interval; nothing where there is none."""
    if (now == before).all():
        return ""
    rows = np.unique(subjects, return_inverse=True)[1]
    more, pairs = np.bincount(rows, now.astype(int) - before), np.bincount(rows)
    drawn = np.random.default_rng(SEED).multinomial(
        len(pairs), np.full(len(pairs), 1 / len(pairs)), REPLICATES
    )
    low, high = np.percentile(drawn @ more / (drawn @ pairs), (2.5, 97.5)) * 100
    return f" ({now.mean() * 100 - before.mean() * 100:+.2f}: {low:+.2f} to {high:+.2f})"


if __name__ == "__main__":
    main()
