"""What a picture shows as a whole: EfficientNet-Lite3, ImageNet's 1000 kinds (Tan and Le, 2019)."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.ports.inference import Network

INPUT_PX = 280
KINDS = 1000
# By which pictures are normalised for most other networks of these kinds, by channel.
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class Classifier(Protocol):
    """Whatever tells ImageNet's kinds: the one that comes with Beholden, or a stronger one."""

    def __call__(self, pixels: UInt8) -> Float32:
        """The probability (1000,) of each kind for `pixels` (h, w, 3) uint8 RGB."""
        ...


class SceneClassifier:
    """Implements Classifier with the network `scenes` of the manifest."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, pixels: UInt8) -> Float32:
        """(1000,) of `pixels` (h, w, 3) uint8 RGB. Only the centre square is seen."""
        size = (INPUT_PX, INPUT_PX)
        square = cv2.resize(centre_square(pixels), size, interpolation=interpolation(pixels))
        quantised = self._network(square[np.newaxis])[0][0]
        return np.asarray(quantised, np.float32) / np.float32(256)


class LogitsClassifier:
    """Implements Classifier with a network that takes (1, 3, n, n) float32 RGB, normalised, and
    gives logits (1, 1000): what an operator may put in the place of `scenes`."""

    def __init__(self, network: Network, *, side_px: float) -> None:
        self._network = network
        self._size = (int(side_px), int(side_px))

    def __call__(self, pixels: UInt8) -> Float32:
        """(1000,) of `pixels` (h, w, 3) uint8 RGB. Only the centre square is seen."""
        square = cv2.resize(centre_square(pixels), self._size, interpolation=interpolation(pixels))
        normalised = (square.astype(np.float32) / np.float32(255) - MEAN) / DEVIATION
        planes = np.ascontiguousarray(normalised.transpose(2, 0, 1)[np.newaxis])
        logits = self._network(planes)[0][0]
        shares = np.exp(logits - logits.max())
        return np.asarray(shares / shares.sum(), np.float32)


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
