"""Boxes against boxes by the COCO protocol: precision, recall and AP at an IoU of 0.5.

Faces today; whatever yields (left, top, width, height, confidence) is measured alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from beholden.domain.errors import OperatorError
from beholden.evaluation.groups import Gap, GroupRate
from beholden.evaluation.lists import ImageList, source_of
from beholden.evaluation.observe import Observation
from beholden.evaluation.rates import Float64, Rate, rate_of

IOU = 0.5
# COCO's recall levels for the average precision: 0, 0.01, ... 1 (pycocotools, params.recThrs).
RECALLS = np.linspace(0, 1, 101)
NOTABLE_MISS = 0.1


@dataclass(frozen=True, slots=True)
class BoxList:
    """Images, and of each the true boxes (left, top, width, height) as shares of its size. Those
    in `ignored` (crowds) are neither to be found nor wrong to find."""

    images: ImageList
    boxes: tuple[Float64, ...]
    ignored: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    confidence: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Stray:
    """An image with the most mistakes: a row of the list, boxes missed and boxes found wrongly."""

    image: int
    missed: int
    false: int


@dataclass(frozen=True, slots=True)
class Detection:
    """`missed` and `false` are at the detector's own confidence threshold: 1 - recall, and
    1 - precision. `average_precision` is COCO's AP at IoU 0.5. A list of boxes has no groups."""

    iou: float
    boxes: int
    found: int
    missed: Rate
    false: Rate
    average_precision: float
    curve: tuple[PrecisionRecall, ...]
    mistakes: tuple[Stray, ...]
    groups: tuple[GroupRate, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def headline(self) -> dict[str, Any]:
        return {
            "average_precision": self.average_precision,
            "missed": asdict(self.missed),
            "false": asdict(self.false),
        }

    def shown(self) -> list[int]:
        return [stray.image for stray in self.mistakes]

    def warnings(self) -> Iterator[str]:
        if (self.missed.rate or 0) > NOTABLE_MISS:
            yield f"{self.missed.rate:.0%} of the boxes in the list are not found."


def read_boxes(path: Path, folder: Path | None = None, category: str = "face") -> BoxList:
    """COCO annotations: images (id, file_name, width, height), annotations (image_id, bbox). Where
    there are categories, those named `category` count. Raises OperatorError."""
    try:
        coco = json.loads(path.read_text(encoding="utf-8"))
        wanted = {c["id"] for c in coco.get("categories", ()) if c["name"] == category}
        rows = [a for a in coco["annotations"] if not wanted or a["category_id"] in wanted]
        sizes = [np.array([i["width"], i["height"]] * 2, np.float64) for i in coco["images"]]
        ids, names = ([i[key] for i in coco["images"]] for key in ("id", "file_name"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OperatorError(f"{path}: not a COCO annotation file: {error!r}") from error
    of = {i: [a for a in rows if a["image_id"] == i] for i in ids}
    boxes = [np.array([a["bbox"] for a in of[i]], np.float64).reshape(-1, 4) for i in ids]
    paths = tuple((folder or path.parent) / name for name in names)
    return BoxList(
        ImageList(source_of(path), paths, ("",) * len(ids)),
        tuple(box / size for box, size in zip(boxes, sizes, strict=True)),
        tuple(tuple(bool(a.get("iscrowd")) for a in of[i]) for i in ids),
    )


def intersection_over_union(a: Float64, b: Float64, *, of_first: bool = False) -> Float64:
    """(n, m) of boxes (n, 4) and (m, 4), each left, top, width, height; with `of_first` over the
    area of `a` alone, as COCO measures against crowds."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    inside = np.clip(high - low, 0, None).prod(axis=2)
    areas = np.broadcast_to(a[:, 2:].prod(axis=1)[:, None], inside.shape)
    if not of_first:
        areas = areas + b[:, 2:].prod(axis=1)[None] - inside
    return np.asarray(inside / np.maximum(areas, 1e-12), np.float64)


def judge_boxes(truth: BoxList, seen: Sequence[Observation]) -> Detection:
    """Match each found box, the surest first, to the true box it overlaps most (pycocotools)."""
    hits = [_match(*row) for row in zip(truth.boxes, truth.ignored, seen, strict=True)]
    wanted = [len(crowd) - sum(crowd) for crowd in truth.ignored]
    rows = np.concatenate(hits) if hits else np.empty((0, 2))
    found, total = int(rows[:, 1].sum()), sum(wanted)
    curve = _curve(rows, total)
    return Detection(
        iou=IOU,
        boxes=total,
        found=len(rows),
        missed=rate_of(total - found, total),
        false=rate_of(len(rows) - found, len(rows)),
        average_precision=average_precision(curve),
        curve=tuple(PrecisionRecall(*point) for point in curve.tolist()),
        mistakes=tuple(_strays(hits, wanted)),
    )


def _match(boxes: Float64, ignored: Sequence[bool], seen: Observation) -> Float64:
    """Rows (confidence, whether it is right) of an image's found boxes, less those on a crowd."""
    found = np.array(sorted(seen.boxes, key=lambda box: -box[4]), np.float64).reshape(-1, 5)
    size = np.array([*seen.size, *seen.size], np.float64)
    shares = found[:, :4] / np.maximum(size, 1)
    crowd = np.array(ignored, bool)
    overlap = intersection_over_union(shares, boxes[~crowd])
    on_crowd = intersection_over_union(shares, boxes[crowd], of_first=True).max(axis=1, initial=0)
    rows = []
    for confidence, ious, lost in zip(found[:, 4].tolist(), overlap, on_crowd, strict=True):
        right = bool(ious.max(initial=0) >= IOU)
        if right:
            overlap[:, ious.argmax()] = 0
        if right or lost < IOU:
            rows.append((confidence, right))
    return np.array(rows, np.float64).reshape(-1, 2)


def _curve(rows: Float64, total: int) -> Float64:
    """(n, 3) confidence, precision and recall, the surest first."""
    rows = rows[np.argsort(-rows[:, 0], kind="stable")]
    right = rows[:, 1].cumsum()
    precision = right / np.arange(1, len(rows) + 1)
    return np.stack([rows[:, 0], precision, right / max(1, total)], axis=1)


def average_precision(curve: Float64) -> float:
    """The mean over COCO's 101 recall levels of the best precision at that recall or beyond."""
    if not len(curve):
        return 0.0
    envelope = np.maximum.accumulate(curve[::-1, 1])[::-1]
    at = np.searchsorted(curve[:, 2], RECALLS - 1e-12, side="left")
    return float(np.append(envelope, 0.0)[at].mean())


def _strays(hits: Sequence[Float64], wanted: Sequence[int], most: int = 8) -> list[Stray]:
    every = [
        Stray(i, n - int(rows[:, 1].sum()), len(rows) - int(rows[:, 1].sum()))
        for i, (rows, n) in enumerate(zip(hits, wanted, strict=True))
    ]
    wrong = [stray for stray in every if stray.missed + stray.false]
    return sorted(wrong, key=lambda stray: -stray.missed - stray.false)[:most]
