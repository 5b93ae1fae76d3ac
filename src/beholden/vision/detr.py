"""Objects by a detection transformer (Carion et al., DETR, 2020): RT-DETR, D-FINE and their kin.

What an operator may put in the place of `objects`: docs/models.md.
"""

from __future__ import annotations

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.geometry import Box
from beholden.domain.labels import ObjectDetection
from beholden.ports.inference import Network
from beholden.vision.objects import KINDS, LEAST_SCORE


class DetrDetector:
    """Implements Detector with a network that takes (1, 3, n, n) float32 RGB, 0 to 1, and gives
    logits (1, k, 80) of COCO's kinds and boxes (1, k, 4): middle x, middle y, width, height as
    shares. It finds each thing once, so that nothing needs to be suppressed."""

    def __init__(self, network: Network, *, side_px: float) -> None:
        self._network = network
        self._size = (int(side_px), int(side_px))

    def __call__(self, pixels: UInt8) -> list[ObjectDetection]:
        """Objects in `pixels` (h, w, 3) uint8 RGB, the surest first; raw scores of 0.1 and more."""
        logits, boxes = self._network(cv2.dnn.blobFromImage(pixels, 1 / 255, self._size))
        scores = 1 / (1 + np.exp(-logits[0]))
        height, width = pixels.shape[:2]
        scale = np.array([width, height, width, height], np.float32)
        found = [
            ObjectDetection(KINDS[kind], _box(boxes[0, place] * scale), float(scores[place, kind]))
            for place, kind in np.argwhere(scores >= LEAST_SCORE)
        ]
        return sorted(found, key=lambda one: -one.confidence)


def _box(middle_and_size: Float32) -> Box:
    x, y, width, height = (float(value) for value in middle_and_size)
    return Box(x - width / 2, y - height / 2, width, height)
