"""Adult content, one score: Yahoo's open_nsfw (2016)."""

from __future__ import annotations

import cv2
import numpy as np

from beholden.domain.arrays import UInt8
from beholden.ports.inference import Network

RESIZED_PX = 256
INPUT_PX = 224
MEAN_BGR = np.array([104, 117, 123], np.float32)


class AdultClassifier:
    """Callable: an RGB image to how adult it looks, 0..1, before calibration."""

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
