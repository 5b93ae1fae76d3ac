"""Finding objects of 80 kinds: SSD MobileNet v2, trained on COCO (Liu et al., SSD, 2016).

The network sees 300 x 300 pixels, so that small things of a picture are lost to it. A picture is
looked at whole; where that shows nothing, or something small, four overlapping tiles follow.
Measured on 200 images of COCO: benchmarks/labels.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.geometry import Box
from beholden.domain.labels import ObjectDetection
from beholden.ports.inference import Network

INPUT_PX = 300
# A tile of a smaller picture shows the network nothing that it has not seen.
TILED_FROM_PX = 400
TILE_SHARE = 0.6
# Tiles follow where nothing was found, or something of less than this share of the picture.
SMALL_SHARE = 0.15
# What reaches an inner edge of a tile this closely is cut by it, and seen whole in another.
CUT_PX = 4.0
NMS_IOU = 0.6

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
        """Objects in `pixels` (h, w, 3) uint8 RGB, the surest first; raw scores of 0.3 and more."""
        height, width = pixels.shape[:2]
        whole = self._look(pixels, (0, 0, width, height))
        if not self._closer(whole, width, height):
            return [_detection(row) for row in whole]
        looks = [whole, *(self._look(pixels, tile) for tile in tiles(width, height))]
        return [_detection(row) for row in suppress(np.concatenate(looks))]

    def _closer(self, found: Float32, width: int, height: int) -> bool:
        """Whether tiles are worth a look at, after `found` (n, 6) in the whole picture."""
        if max(width, height) < TILED_FROM_PX:
            return False
        areas = found[:, 2] * found[:, 3]
        return not len(found) or bool(areas.min() < SMALL_SHARE * width * height)

    def _look(self, pixels: UInt8, tile: tuple[int, int, int, int]) -> Float32:
        """Rows (n, 6) left, top, width, height in pixels of the image, COCO id, score."""
        left, top, right, bottom = tile
        seen = cv2.resize(pixels[top:bottom, left:right], (INPUT_PX, INPUT_PX))
        boxes, classes, scores, count = self._network(seen[np.newaxis])
        n = int(count[0])
        size = np.array([bottom - top, right - left] * 2, np.float32)
        corners = boxes[0, :n] * size + np.array([top, left] * 2, np.float32)
        y1, x1, y2, x2 = corners.T
        rows = np.stack([x1, y1, x2 - x1, y2 - y1, classes[0, :n], scores[0, :n]], axis=1)
        kept: Float32 = rows[_whole(corners, tile, pixels.shape)]
        return kept


def tiles(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, right, bottom of four overlapping tiles, one in each corner."""
    tile_w, tile_h = round(width * TILE_SHARE), round(height * TILE_SHARE)
    for left in (0, width - tile_w):
        for top in (0, height - tile_h):
            yield left, top, left + tile_w, top + tile_h


def _whole(corners: Float32, tile: tuple[int, int, int, int], shape: tuple[int, ...]) -> Float32:
    """Which boxes (n, 4: top, left, bottom, right) no inner edge of the tile cuts."""
    left, top, right, bottom = tile
    y1, x1, y2, x2 = corners.T
    cut = np.zeros(len(corners), bool)
    if left > 0:
        cut |= x1 < left + CUT_PX
    if top > 0:
        cut |= y1 < top + CUT_PX
    if right < shape[1]:
        cut |= x2 > right - CUT_PX
    if bottom < shape[0]:
        cut |= y2 > bottom - CUT_PX
    return ~cut


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
    return ObjectDetection(_NAMES[int(kind) - 1], Box(left, top, width, height), score)
