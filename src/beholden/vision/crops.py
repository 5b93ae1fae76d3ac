"""Cutting faces out of an image: the warps that every face network here starts from."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.geometry import Box, Point
from beholden.vision.alignment import similarity_transforms

# A crop that shrinks its source more than this is cut larger first and averaged down, so that
# fine texture of a large face does not alias into the network's input.
_MAX_REDUCTION = 2.0
_MAX_OVERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Square:
    """A square in an image; `angle_deg` is how far its x axis is turned, clockwise."""

    centre: Point
    side_px: float
    angle_deg: float = 0.0

    @property
    def axes(self) -> Float32:
        """Unit vectors of the square's x and y axis in the image, as columns, shape (2, 2)."""
        angle = math.radians(self.angle_deg)
        cos, sin = math.cos(angle), math.sin(angle)
        return np.array([[cos, -sin], [sin, cos]], dtype=np.float32)

    def to_image(self, points: Float32, size: int) -> Float32:
        """Points (n, 2 or 3) of a `size` x `size` crop in image pixels; a depth is scaled only."""
        out = points * np.float32(self.side_px / size)
        out[:, :2] -= np.float32(self.side_px / 2)
        out[:, :2] = out[:, :2] @ self.axes.T + (self.centre.x, self.centre.y)
        return out.astype(np.float32)

    def from_image(self, points: Float32, size: int) -> Float32:
        """The reverse, for points (n, 2)."""
        centred = (points - (self.centre.x, self.centre.y)) @ self.axes
        return (centred * (size / self.side_px) + size / 2).astype(np.float32)


def square_of(box: Box, scale: float) -> Square:
    """The upright square around the box's centre, `scale` times its longer side."""
    return Square(box.centre, scale * max(box.width, box.height))


def square_aligning(points_px: Float32, places: Float32) -> Square:
    """The square where `points_px` (k, 2) fall nearest to `places` (k, 2), ratios of its side."""
    (a, _, c), (b, _, d) = similarity_transforms(points_px[np.newaxis], places)[0].tolist()
    # Image to square is z -> (a + ib) z + (c + id) in the complex plane; its inverse places us.
    turn = complex(a, b) or 1e-6
    centre = (complex(0.5, 0.5) - complex(c, d)) / turn
    side, angle = 1 / abs(turn), -math.degrees(cmath.phase(turn))
    return Square(Point(centre.real, centre.imag), side, angle)


def cut(pixels: UInt8, square: Square, size: int) -> UInt8:
    """The square's content, shape (size, size, 3); outside the image its border is repeated."""
    reduction = square.side_px / size
    if reduction > _MAX_REDUCTION:
        factor = min(math.ceil(reduction / _MAX_REDUCTION), _MAX_OVERSAMPLING)
        large = _warp(pixels, square, size * factor)
        return np.asarray(cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
    return _warp(pixels, square, size)


def _warp(pixels: UInt8, square: Square, size: int) -> UInt8:
    linear = square.axes * (square.side_px / size)
    # Pixel centres are at +0.5 in the crop as in the image.
    half = np.full(2, size / 2 - 0.5)
    shift = np.array([square.centre.x, square.centre.y]) - 0.5 - linear @ half
    return np.asarray(
        cv2.warpAffine(
            pixels,
            np.column_stack([linear, shift]),
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
