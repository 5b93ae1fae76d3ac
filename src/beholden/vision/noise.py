"""Whether a picture is nothing but noise: networks name it with confidence, and should not."""

from __future__ import annotations

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8

# Neighbouring pixels of 200 photos of COCO correlate by 0.62 and more, of white noise by about 0.
LEAST_CORRELATION = 0.3
MOST_SIDE_PX = 640


def is_noise(pixels: UInt8) -> bool:
    """Whether neighbours in `pixels` (h, w, 3) uint8 RGB tell next to nothing of each other."""
    return neighbour_correlation(pixels) < LEAST_CORRELATION


def neighbour_correlation(pixels: UInt8) -> float:
    """Pearson's correlation of each gray pixel with that to its right and that below it, the
    larger; 1 where there is no contrast. A large picture's middle stands for it."""
    height, width = pixels.shape[:2]
    top, left = max(0, height - MOST_SIDE_PX) // 2, max(0, width - MOST_SIDE_PX) // 2
    middle = np.ascontiguousarray(pixels[top : top + MOST_SIDE_PX, left : left + MOST_SIDE_PX])
    gray = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return max(_correlation(gray[:, 1:], gray[:, :-1]), _correlation(gray[1:], gray[:-1]))


def _correlation(one: Float32, other: Float32) -> float:
    if not one.size:
        return 0.0
    a, b = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((a * a).mean() * (b * b).mean()))
    return float((a * b).mean()) / spread if spread > 1.0 else 1.0
