"""Adult content, one score: Yahoo's open_nsfw (2016), or a network of an operator."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from beholden.domain.arrays import UInt8
from beholden.ports.inference import Network

RESIZED_PX = 256
INPUT_PX = 224
MEAN_BGR = np.array([104, 117, 123], np.float32)


class AdultContent(Protocol):
    """Whatever tells adult content: the network that comes with Beholden, or a stronger one."""

    def __call__(self, pixels: UInt8) -> float:
        """How adult `pixels` (h, w, 3) uint8 RGB look, 0..1, before calibration."""
        ...


class AdultClassifier:
    """Implements AdultContent with the network `adult` of the manifest."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, pixels: UInt8) -> float:
        """The score of `pixels` (h, w, 3) uint8 RGB."""
        large = max(pixels.shape[:2]) > 2 * RESIZED_PX
        how = cv2.INTER_AREA if large else cv2.INTER_LINEAR
        resized = cv2.resize(pixels, (RESIZED_PX, RESIZED_PX), interpolation=how)
        margin = (RESIZED_PX - INPUT_PX) // 2
        middle = resized[margin : margin + INPUT_PX, margin : margin + INPUT_PX, ::-1]
        centred = np.ascontiguousarray(middle.astype(np.float32) - MEAN_BGR)
        return float(self._network(centred[np.newaxis])[0][0, 1])


class AdultLogitsClassifier:
    """Implements AdultContent with a network that takes (1, 3, n, n) float32 RGB, -1 to 1, and
    gives logits (1, k) of kinds that exclude each other, of which number `adult` is adult."""

    def __init__(self, network: Network, *, side_px: float, adult: float) -> None:
        self._network = network
        self._size = (int(side_px), int(side_px))
        self._adult = int(adult)

    def __call__(self, pixels: UInt8) -> float:
        """The share of `adult` for `pixels` (h, w, 3) uint8 RGB, all of them, squeezed square."""
        large = min(pixels.shape[:2]) > 2 * self._size[0]
        how = cv2.INTER_AREA if large else cv2.INTER_LINEAR
        resized = cv2.resize(pixels, self._size, interpolation=how)
        planes = resized.astype(np.float32).transpose(2, 0, 1) / np.float32(127.5) - 1
        logits = self._network(np.ascontiguousarray(planes[np.newaxis]))[0][0]
        shares = np.exp(logits - logits.max())
        return float(shares[self._adult] / shares.sum())
