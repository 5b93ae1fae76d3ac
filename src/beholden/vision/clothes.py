"""What somebody wears, as colours of the upper and the lower body: enough to tell a few people
apart for a while, not to know anybody by."""

from __future__ import annotations

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.geometry import Box

# Shares of a person's box: its middle, and the bands of the upper and the lower body.
MIDDLE = (0.2, 0.8)
BANDS = ((0.15, 0.5), (0.5, 0.9))
BAND_PX = (24, 32)
BINS = 8
# Colours of clothes are not far from grey: CIELAB's a and b, 128 of them grey.
CHROMA = (96, 160)


def clothes(pixels: UInt8, box_px: Box) -> Float32:
    """(1024,), unit norm, of a person in (h, w, 3) RGB. The product of two is the Bhattacharyya
    coefficient of their colours in CIELAB, 0..1."""
    bands = [_colours(_band(pixels, box_px, band)) for band in BANDS]
    unit: Float32 = np.concatenate(bands) / np.float32(np.sqrt(len(BANDS)))
    return unit


def _band(pixels: UInt8, box: Box, band: tuple[float, float]) -> UInt8:
    height, width = pixels.shape[:2]
    left, right = (int(np.clip(box.left + box.width * x, 0, width)) for x in MIDDLE)
    top, bottom = (int(np.clip(box.top + box.height * y, 0, height)) for y in band)
    left, top = min(left, width - 1), min(top, height - 1)
    part = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    seen: UInt8 = cv2.resize(part, BAND_PX, interpolation=cv2.INTER_AREA)
    return seen


def _colours(band: UInt8) -> Float32:
    """(512,), unit norm: square roots of a histogram that neighbours share in."""
    lab = cv2.cvtColor(band, cv2.COLOR_RGB2LAB)
    lab[:, :, 1:] = lab[:, :, 1:].clip(CHROMA[0], CHROMA[1] - 1)
    counts = cv2.calcHist([lab], [0, 1, 2], None, [BINS] * 3, [0, 256, *CHROMA, *CHROMA])
    for axis in range(3):
        counts = 0.5 * counts + 0.25 * (_shifted(counts, axis, 1) + _shifted(counts, axis, -1))
    roots: Float32 = np.sqrt(counts.ravel() / max(float(counts.sum()), 1e-6)).astype(np.float32)
    return roots


def _shifted(counts: Float32, axis: int, by: int) -> Float32:
    moved = np.roll(counts, by, axis)
    edge = [slice(None)] * 3
    edge[axis] = slice(0, 1) if by > 0 else slice(-1, None)
    moved[tuple(edge)] = 0
    return moved
