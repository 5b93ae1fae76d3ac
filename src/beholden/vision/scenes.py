"""What a picture shows as a whole: EfficientNet-Lite3, ImageNet's 1000 kinds (Tan and Le, 2019)."""

from __future__ import annotations

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.ports.inference import Network

INPUT_PX = 280
KINDS = 1000


class SceneClassifier:
    """Callable: an RGB image to the probability of each of ImageNet's kinds."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, pixels: UInt8) -> Float32:
        """(1000,) of `pixels` (h, w, 3) uint8 RGB. Only the centre square is seen."""
        size = (INPUT_PX, INPUT_PX)
        square = cv2.resize(centre_square(pixels), size, interpolation=interpolation(pixels))
        quantised = self._network(square[np.newaxis])[0][0]
        return np.asarray(quantised, np.float32) / np.float32(256)


def centre_square(pixels: UInt8) -> UInt8:
    """The largest square in the middle of `pixels` (h, w, 3)."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def interpolation(pixels: UInt8) -> int:
    """Averages where a large picture shrinks, as fine texture would alias; else bicubic."""
    large = min(pixels.shape[:2]) > 2 * INPUT_PX
    return int(cv2.INTER_AREA if large else cv2.INTER_CUBIC)
