"""Turning a face upright: five landmarks to their canonical places in a square crop."""

from __future__ import annotations

import math

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8

CROP_PX = 112
# Where eyes, nose tip and mouth corners stand in the crop that ArcFace-like embedders were trained
# on (InsightFace, face_align.py).
CANONICAL_PX = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
# A face more than this many times the crop is first warped larger, then averaged down: plain
# bilinear sampling would skip pixels.
OVERSAMPLE_ABOVE = 2.0
MOST_OVERSAMPLED = 16


def similarity_transforms(landmarks_px: Float32, target_px: Float32 = CANONICAL_PX) -> Float32:
    """The rotation, scale and shift that bring (n, 5, 2) points nearest to (5, 2), as (n, 2, 3).

    Least squares in the complex plane: a similarity is z -> a z + b, and a = <z, w> / <z, z> for
    centred z, w. It never mirrors, which is what Umeyama's determinant check is for.
    """
    points = landmarks_px[..., 0] + 1j * landmarks_px[..., 1]
    target = target_px[:, 0] + 1j * target_px[:, 1]
    mean = points.mean(axis=1, keepdims=True)
    centred = points - mean
    spread = np.maximum((np.abs(centred) ** 2).sum(axis=1), np.finfo(np.float32).eps)
    a = (centred.conj() * (target - target.mean())).sum(axis=1) / spread
    b = target.mean() - a * mean[:, 0]
    rows = [[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]]
    return np.array(rows, np.float32).transpose(2, 0, 1)


def align(pixels: UInt8, landmarks_px: Float32) -> UInt8:
    """Crops (n, 112, 112, 3) uint8 of the faces at (n, 5, 2) in `pixels` (h, w, 3) uint8."""
    crops = np.empty((len(landmarks_px), CROP_PX, CROP_PX, 3), np.uint8)
    for crop, transform in zip(crops, similarity_transforms(landmarks_px), strict=True):
        enlarged = float(np.hypot(*transform[:, 0]))
        times = min(MOST_OVERSAMPLED, math.ceil(1 / max(enlarged * OVERSAMPLE_ABOVE, 1e-6)))
        side = (CROP_PX * times, CROP_PX * times)
        warped = cv2.warpAffine(pixels, transform * times, side, flags=cv2.INTER_LINEAR)
        cv2.resize(warped, (CROP_PX, CROP_PX), dst=crop, interpolation=cv2.INTER_AREA)
    return crops
