"""Lines of text as quadrilaterals: (4, 2) float32 pixels, as one who reads the text sees it, from
the upper left corner clockwise."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Float32, UInt8

# A box this much taller than wide holds text that runs down or up the picture.
TALL = 1.5
# Above twice the wanted height, a crop that skipped pixels would lose strokes.
SKIPS = 2.0


def reading_quad(corners_px: Float32) -> Float32:
    """The corners (4, 2) of a rotated box, in any order, as a quad. Of a tall box, the text is
    taken to run downwards: whether it runs upwards is for the direction network to tell."""
    by_x = corners_px[corners_px[:, 0].argsort(kind="stable")]
    (left_top, left_bottom), (right_top, right_bottom) = (
        side[side[:, 1].argsort(kind="stable")] for side in (by_x[:2], by_x[2:])
    )
    quad = np.array([left_top, right_top, right_bottom, left_bottom], np.float32)
    width, height = size(quad)
    return turned(quad, 1) if height >= TALL * width else quad


def turned(quad_px: Float32, quarters: int) -> Float32:
    """The same place as text that is turned clockwise by so many more quarters."""
    return np.roll(quad_px, -quarters, axis=0)


def size(quad_px: Float32) -> tuple[float, float]:
    """(width, height) as the text runs, in pixels: of opposite sides the longer."""
    top, right, bottom, left = np.linalg.norm(np.roll(quad_px, -1, axis=0) - quad_px, axis=1)
    return float(max(top, bottom)), float(max(left, right))


def part(quad_px: Float32, start: float, end: float) -> Float32:
    """What lies between two shares, 0..1, of a line's length."""
    (left_top, right_top, right_bottom, left_bottom) = quad_px
    top, bottom = right_top - left_top, right_bottom - left_bottom
    return np.array(
        [
            left_top + start * top,
            left_top + end * top,
            left_bottom + end * bottom,
            left_bottom + start * bottom,
        ],
        np.float32,
    )


def crop(pixels: UInt8, quad_px: Float32, height_px: int, max_width_px: int) -> UInt8:
    """The text of a quad, upright, (height_px, w, 3): as wide as its shape wants, within limits."""
    width, height = size(quad_px)
    out_width = int(np.clip(np.ceil(height_px * width / height), 8, max_width_px))
    if height <= SKIPS * height_px:
        return _warp(pixels, quad_px, out_width, height_px, cv2.INTER_CUBIC)
    whole = _warp(pixels, quad_px, max(8, round(width)), round(height), cv2.INTER_LINEAR)
    reduced: UInt8 = cv2.resize(whole, (out_width, height_px), interpolation=cv2.INTER_AREA)
    return reduced


def _warp(pixels: UInt8, quad_px: Float32, width: int, height: int, method: int) -> UInt8:
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    transform = cv2.getPerspectiveTransform(quad_px, target)
    upright: UInt8 = cv2.warpPerspective(
        pixels, transform, (width, height), flags=method, borderMode=cv2.BORDER_REPLICATE
    )
    return upright


def network_input(pixels: UInt8, height_px: int, width_px: int) -> Float32:
    """Pixels (h, w, 3) RGB as PP-OCR's networks take them: (1, 3, height_px, width_px), BGR, -1 to
    1, in the upper left corner and mid-gray beyond."""
    canvas = np.zeros((1, 3, height_px, width_px), np.float32)
    inner = canvas[0, :, : pixels.shape[0], : pixels.shape[1]]
    for channel, plane in enumerate(reversed(cv2.split(pixels))):
        np.multiply(plane, np.float32(1 / 127.5), out=inner[channel])
    inner -= 1.0
    return canvas


def mean_inside(values: NDArray[Any], quad_px: Float32) -> float:
    """The mean of a map (h, w) inside a quad; 0 beside the map."""
    left, top = np.maximum(np.floor(quad_px.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(quad_px.max(axis=0)).astype(int) + 1
    window = values[top:bottom, left:right]
    mask = np.zeros(window.shape, np.uint8)
    if not mask.size:
        return 0.0
    cv2.fillPoly(mask, [(quad_px - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(window, mask)[0])
