"""Pose, quality, the quality filter, and what a description costs.

python -m benchmarks.face_quality     the tables of docs/model-cards/face-attributes.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.analysis.details import ALL_ATTRIBUTES
from beholden.analysis.quality_filter import quality_bars, reject_reasons
from beholden.domain.face import Pose
from beholden.domain.image import Image
from beholden.vision.alignment import align
from beholden.vision.landmarks import five_points
from beholden.vision.pose import pose_of
from beholden.vision.quality import quality_of
from benchmarks.attributes import line
from benchmarks.face_sets import FaceSets, LabelledFace, transformed

Rows = dict[str, dict[str, float]]
Pixels = NDArray[np.uint8]
TURNS_DEG = (10.0, 20.0, 40.0)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def through(pixels: Pixels, scale: float) -> Pixels:
    """Reduced by `scale` and enlarged again."""
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, pixels.shape[1::-1]), np.uint8)


def noisy(pixels: Pixels, sigma: float) -> Pixels:
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.asarray(np.clip(pixels + noise, 0, 255), np.uint8)


def dimmed(pixels: Pixels, share: float) -> Pixels:
    return np.asarray(np.clip(pixels * share, 0, 255), np.uint8)


CHANGES: Mapping[str, Callable[[Pixels, float], Pixels]] = {
    "as it is": lambda pixels, _: pixels,
    "light x 1.3": lambda pixels, _: dimmed(pixels, 1.3),
    "light x 0.5": lambda pixels, _: dimmed(pixels, 0.5),
    "light x 0.25": lambda pixels, _: dimmed(pixels, 0.25),
    "light x 0.12": lambda pixels, _: dimmed(pixels, 0.12),
    "blur 1% of width": lambda pixels, width: blurred(pixels, 0.01 * width),
    "blur 2%": lambda pixels, width: blurred(pixels, 0.02 * width),
    "blur 4%": lambda pixels, width: blurred(pixels, 0.04 * width),
    "blur 8%": lambda pixels, width: blurred(pixels, 0.08 * width),
    "through 24 px": lambda pixels, width: through(pixels, 24 / width),
    "through 12 px": lambda pixels, width: through(pixels, 12 / width),
    "noise 8": lambda pixels, _: noisy(pixels, 8),
    "noise 20": lambda pixels, _: noisy(pixels, 20),
    "blur 4% + noise 20": lambda pixels, width: noisy(blurred(pixels, 0.04 * width), 20),
}


def changed(sample: LabelledFace, name: str) -> Image:
    width = sample.face.detection.box_px.width
    return transformed(CHANGES[name](sample.image.pixels, width))


def quality(sets: FaceSets, lfw: Sequence[LabelledFace]) -> Rows:
    print("Quality of LFW faces, changed:")
    rows: Rows = {}
    for name in CHANGES:
        read = [
            quality_of(changed(s, name), s.face.detection, sets.calibration.quality) for s in lfw
        ]
        brightness = np.array([q.brightness_pct for q in read])
        sharpness = np.array([q.sharpness_pct for q in read])
        rows[name] = {f"brightness {p}%": percentile(brightness, p) for p in (5, 50, 95)}
        rows[name] |= {f"sharpness {p}%": percentile(sharpness, p) for p in (5, 50, 95)}
        if name == "as it is":
            before = sharpness
        rows[name]["read sharper"] = float((sharpness > before).mean())
        line(name, rows[name])
    return rows


def quality_filter(sets: FaceSets, groups: Mapping[str, Sequence[LabelledFace]]) -> Rows:
    print("QualityFilter, share of faces rejected, and for which reasons:")
    rows: Rows = {}
    for name, group in groups.items():
        for change in CHANGES if name == "lfw" else ("as it is",):
            rows |= _rejected(sets, f"{name}, {change}", group, change)
    return rows


def _rejected(sets: FaceSets, name: str, group: Sequence[LabelledFace], change: str) -> Rows:
    rows: Rows = {}
    images = [changed(s, change) for s in group]
    details = [
        sets.describer.describe(image, [s.face.detection], frozenset())[0]
        for image, s in zip(images, group, strict=True)
    ]
    for level in quality_bars():
        found = [reject_reasons(d, i, level) for d, i in zip(details, images, strict=True)]
        counts = Counter(reason for reasons in found for reason in reasons)
        row = {"n": len(group), "rejected": sum(map(bool, found)) / len(group)}
        rows[f"{name}, {level}"] = row | {k: v / len(group) for k, v in counts.items()}
        line(f"{name}, {level}", rows[f"{name}, {level}"])
    return rows


def pose(sets: FaceSets, groups: Mapping[str, Sequence[LabelledFace]]) -> Rows:
    print("Pose in degrees, 5th, 50th and 95th percentile:")
    rows: Rows = {}
    for name, group in groups.items():
        poses = [_pose(sets, s) for s in group]
        rows[name] = _spread(np.array([(p.roll_deg, p.yaw_deg, p.pitch_deg) for p in poses]))
        line(name, rows[name])
    return rows


def _pose(sets: FaceSets, sample: LabelledFace) -> Pose:
    points = five_points(sample.face.detection, sample.face.mesh)
    return pose_of(sample.face.mesh, points, sets.calibration.pose)


def pose_consistency(sets: FaceSets, faces: Sequence[LabelledFace]) -> Rows:
    """Mirrored, roll and yaw must change sign; turned in the plane, only roll may change."""
    print("Pose of LFW faces, mirrored (error) and turned clockwise (change):")
    upright = _found(sets, [s.image for s in faces])
    mirrored = _found(sets, [transformed(s.image.pixels[:, ::-1]) for s in faces])
    rows: Rows = {"mirrored": _spread(np.abs(mirrored - upright * (-1, -1, 1)))}
    for turn in TURNS_DEG:
        turned = _found(sets, [transformed(rotated(s.image.pixels, turn)) for s in faces])
        rows[f"turned by {turn:.0f}"] = _spread(turned - upright)
    for name, row in rows.items():
        line(name, row)
    return rows


def tilted_alignment(sets: FaceSets, faces: Sequence[LabelledFace]) -> Rows:
    """The landmarks of turned faces, and the cosine of their embeddings with the upright ones."""
    print("LFW faces turned clockwise: eye line, and cosine to upright, detector | five_points:")
    rows: Rows = {}
    for turn in (10.0, 20.0, 30.0, 45.0):
        read = np.array([_aligned(sets, s, turn) for s in faces])
        read = read[np.isfinite(read).all(axis=1)]
        names = ("detector's line", "mesh's line", "detector's cosine", "five points' cosine")
        row: dict[str, float] = {"n": len(read)}
        row |= {name: percentile(column, 50) for name, column in zip(names, read.T, strict=True)}
        rows[f"turned by {turn:.0f}"] = row
        line(f"turned by {turn:.0f}", row)
    return rows


def _aligned(sets: FaceSets, sample: LabelledFace, turn: float) -> tuple[float, ...]:
    image = transformed(rotated(sample.image.pixels, turn))
    found = sets.detect(image)
    if not found:
        return (np.nan,) * 4
    detection = min(found, key=lambda face: abs(face.box_px.centre.x - image.width_px / 2))
    mesh = sets.view(image, detection).mesh
    upright = _embedding(sets, sample.image, sample.face.detection.landmarks_px)
    across = detection.landmarks_px[1] - detection.landmarks_px[0]
    points = (detection.landmarks_px, five_points(detection, mesh))
    cosines = [float(upright @ _embedding(sets, image, five_px)) for five_px in points]
    return (float(np.degrees(np.arctan2(across[1], across[0]))), mesh.tilt_deg, *cosines)


def _embedding(sets: FaceSets, image: Image, five_px: NDArray[np.float32]) -> NDArray[np.float32]:
    embeddings, _ = sets.embedder(align(image.pixels, five_px[np.newaxis]))
    return np.asarray(embeddings[0], np.float32)


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    """Percentiles of the columns roll, yaw, pitch, faces not found left out."""
    known = values[np.isfinite(values).all(axis=1)]
    row: dict[str, float] = {"n": len(known)}
    for axis, column in zip(("roll", "yaw", "pitch"), known.T, strict=True):
        row |= {f"{axis} {p}%": percentile(column, p) for p in (5, 50, 95)}
    return row


def _found(sets: FaceSets, images: Sequence[Image]) -> NDArray[np.float64]:
    """Angles (n, 3) of the face nearest to the middle of each image, detected anew."""
    return np.array([_angles(sets, image) for image in images])


def _angles(sets: FaceSets, image: Image) -> tuple[float, float, float]:
    found = sets.detect(image)
    if not found:
        return (np.nan, np.nan, np.nan)
    middle = image.width_px / 2
    detection = min(found, key=lambda face: abs(face.box_px.centre.x - middle))
    pose = sets.describer.describe(image, [detection], frozenset())[0].pose
    return (pose.roll_deg, pose.yaw_deg, pose.pitch_deg)


def rotated(pixels: Pixels, clockwise_deg: float) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -clockwise_deg, 1.0)
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def percentile(values: NDArray[np.floating], p: float) -> float:
    return float(np.percentile(values, p))


def cost(sets: FaceSets, lfw: Sequence[LabelledFace]) -> Rows:
    print("Milliseconds a face, one thread, median (each in turn, face by face):")
    steps: Mapping[str, Callable[[LabelledFace], object]] = {
        "detection, 250x250": lambda s: sets.detect(s.image),
        "default details": lambda s: sets.describer.describe(
            s.image, [s.face.detection], frozenset()
        ),
        "all attributes": lambda s: sets.describer.describe(
            s.image, [s.face.detection], ALL_ATTRIBUTES
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for sample in lfw:
        for name, step in steps.items():
            start = perf_counter()
            step(sample)
            times[name].append((perf_counter() - start) * 1e3)
    detection = median(times["detection, 250x250"])
    rows: Rows = {
        name: {"ms": median(values), "of detection": median(values) / detection}
        for name, values in times.items()
    }
    for name, row in rows.items():
        line(name, row)
    return rows


def main() -> None:
    cv2.setNumThreads(1)
    sets = FaceSets()
    lfw = list(sets.lfw(labelled=True))
    groups = {
        "lfw": lfw,
        "orl": list(sets.orl()),
        "celebamask": list(sets.celebamask()),
        "utk": list(sets.utk()),
        "samples": list(sets.samples()),
    }
    pose(sets, groups)
    pose_consistency(sets, lfw[::4])
    tilted_alignment(sets, lfw[::4])
    quality(sets, lfw[::4])
    quality_filter(sets, {**groups, "lfw": lfw[::2]})
    cost(sets, lfw[:100])


if __name__ == "__main__":
    main()
