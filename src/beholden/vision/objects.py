"""Finding objects of 80 kinds: SSD MobileNet v2, trained on COCO (Liu et al., SSD, 2016).

The network was trained on 300 x 300 pixels, so that small things of a picture are lost to it. A
picture is looked at whole; where that shows nothing, or something small, it is looked at closer:
the same network, all convolutions, slides over the picture at 428 x 428. Its graph ends where its
convolutions do; what they say is turned into boxes here. Measured on 200 photos of COCO:
benchmarks/label_accuracy.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import sqrt
from typing import Protocol

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.geometry import Box
from beholden.domain.labels import ObjectDetection
from beholden.ports.inference import Network

WHOLE_PX, CLOSE_PX = 300, 428
# A smaller picture shows the network nothing closer that it has not seen.
CLOSER_FROM_PX = 400
# A closer look follows where nothing was found, or something of less than this share of the
# picture, with this score.
SMALL_SHARE, SURE_SCORE = 0.15, 0.3
LEAST_SCORE = 0.1
NMS_IOU = 0.6
MOST = 100

# Anchors, by the network's training: at each of six grids boxes of these scales (shares of 300
# pixels), one more between a scale and the next, and of these shapes (width / height).
SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
SHAPES = (1.0, 2.0, 0.5, 3.0, 1 / 3)
FINEST = ((0.1, 1.0), (0.2, 2.0), (0.2, 0.5))
# What the network says is in units of these shares of an anchor, and of e.
PLACE_UNIT, SIZE_UNIT = 0.1, 0.2

COCO = (
    "person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, "
    "fire hydrant, , stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, "
    "bear, zebra, giraffe, , backpack, umbrella, , , handbag, tie, suitcase, frisbee, skis, "
    "snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, "
    "tennis racket, bottle, , wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, "
    "orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, , "
    "dining table, , , toilet, , tv, laptop, mouse, remote, keyboard, cell phone, microwave, oven, "
    "toaster, sink, refrigerator, , book, clock, vase, scissors, teddy bear, hair drier, toothbrush"
)
"""COCO's kinds in the order of its 90 ids; the empty ones were never used."""

_NAMES = tuple(name.strip() for name in COCO.split(","))
KINDS = tuple(name for name in _NAMES if name)
_IDS = np.array([number for number, name in enumerate(_NAMES, 1) if name])
_COLUMNS = len(_NAMES) + 1  # the first stands for nothing


class Detector(Protocol):
    """Whatever finds objects: the one that comes with Beholden, or a stronger one."""

    def __call__(self, pixels: UInt8) -> list[ObjectDetection]:
        """Objects in `pixels` (h, w, 3) uint8 RGB, the surest first."""
        ...


class ObjectDetector:
    """Implements Detector with the network `objects` of the manifest."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, pixels: UInt8) -> list[ObjectDetection]:
        """At most 100 objects in `pixels` (h, w, 3) uint8 RGB, the surest first; raw scores of 0.1
        and more."""
        height, width = pixels.shape[:2]
        rows = self._look(pixels, WHOLE_PX)
        if max(height, width) >= CLOSER_FROM_PX and _small(rows):
            rows = np.concatenate([rows, self._look(pixels, CLOSE_PX)])
        scale = np.array([width, height, width, height, 1, 1], np.float32)
        return [_detection(row) for row in suppress(rows * scale)[:MOST]]

    def _look(self, pixels: UInt8, side_px: int) -> Float32:
        """Rows (n, 6): left, top, width, height in shares of the image, number of the kind, score;
        the same thing more than once."""
        size, middle = (side_px, side_px), (127.5, 127.5, 127.5)
        outputs = self._network(cv2.dnn.blobFromImage(pixels, 1 / 127.5, size, middle))
        logits = np.concatenate([grid.reshape(-1, _COLUMNS) for grid in outputs[1::2]])[:, _IDS]
        places, kinds = np.nonzero(logits > np.log(LEAST_SCORE / (1 - LEAST_SCORE)))
        offsets = np.concatenate([grid.reshape(-1, 4) for grid in outputs[::2]])[places]
        grids = tuple(grid.shape[1] for grid in outputs[::2])
        boxes = _boxes(offsets, anchors(grids, side_px)[places])
        scores = 1 / (1 + np.exp(-logits[places, kinds]))
        return np.column_stack([boxes, kinds, scores]).astype(np.float32)


def _small(rows: Float32) -> bool:
    """Whether a closer look is worth it."""
    sure = rows[rows[:, 5] >= SURE_SCORE]
    return not len(sure) or bool((sure[:, 2] * sure[:, 3]).min() < SMALL_SHARE)


@lru_cache
def anchors(grids: tuple[int, ...], side_px: int) -> Float32:
    """(n, 4) middle y, middle x, height, width in shares of a square of `side_px` pixels that is
    seen through square grids of so many cells a side. A cell's anchors have the same size in
    pixels, whatever the square's."""
    sizes = [FINEST, *(tuple(_sizes(level)) for level in range(1, len(grids)))]
    rows = [
        ((y + 0.5) / n, (x + 0.5) / n, scale / sqrt(shape), scale * sqrt(shape))
        for n, cell in zip(grids, sizes, strict=True)
        for y in range(n)
        for x in range(n)
        for scale, shape in cell
    ]
    found = np.array(rows, np.float32)
    found[:, 2:] *= WHOLE_PX / side_px
    return found


def _sizes(level: int) -> Iterator[tuple[float, float]]:
    yield from ((SCALES[level], shape) for shape in SHAPES)
    yield sqrt(SCALES[level] * SCALES[level + 1]), 1.0


def _boxes(offsets: Float32, anchor: Float32) -> Float32:
    """Left, top, width, height (n, 4) of boxes that stand by `offsets` from their anchors, cut to
    the picture (Ren et al., Faster R-CNN, 2015, equation 2)."""
    middle = offsets[:, :2] * PLACE_UNIT * anchor[:, 2:] + anchor[:, :2]
    half = np.exp(offsets[:, 2:] * SIZE_UNIT) * anchor[:, 2:] / 2
    low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    boxes: Float32 = np.concatenate([low[:, ::-1], (high - low)[:, ::-1]], axis=1)
    return boxes


def suppress(rows: Float32) -> Float32:
    """Rows (n, 6) without those that a surer one of their kind overlaps, the surest first."""
    boxes, kinds, scores = (
        rows[:, :4].tolist(),
        rows[:, 4].astype(int).tolist(),
        rows[:, 5].tolist(),
    )
    kept = cv2.dnn.NMSBoxesBatched(boxes, scores, kinds, 0.0, NMS_IOU)
    best: Float32 = rows[np.asarray(kept, np.intp)]
    return best[np.argsort(-best[:, 5], kind="stable")]


def _detection(row: Float32) -> ObjectDetection:
    left, top, width, height, kind, score = (float(value) for value in row)
    return ObjectDetection(KINDS[int(kind)], Box(left, top, width, height), score)
