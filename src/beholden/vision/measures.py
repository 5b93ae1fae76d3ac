"""Plain geometry and light measured on a fitted face: what the yes-or-no attributes rest on.

Each function gives one number; `beholden.vision.calibration` says what it means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Float32
from beholden.domain.image import Image
from beholden.vision.crops import cut, square_aligning
from beholden.vision.landmarks import LEFT_EYE, RIGHT_EYE, Eye, Mesh
from beholden.vision.quality import lightness_of

PATCH_SIZE = 160
# Where the eye corners stand in a patch (ratios of its side): eyes on one line, hair left out.
_PATCH_POINTS = (*LEFT_EYE, *reversed(RIGHT_EYE))
_PATCH_PLACES = np.array([[0.27, 0.34], [0.39, 0.34], [0.61, 0.34], [0.73, 0.34]], np.float32)

# Mesh points whose hull outlines a part of the face.
_CHEEKS = ((50, 205, 36, 101, 117), (280, 425, 266, 330, 346))
_FOREHEAD = (9, 107, 151, 336)
_UNDER_EYES = ((228, 230, 232, 119, 117), (448, 450, 452, 348, 346))
_EYE_SOCKETS = (
    (70, 105, 107, 122, 128, 232, 230, 228, 31),
    (300, 334, 336, 351, 357, 452, 450, 448, 261),
)
# Top and bottom of the nose bridge, and half the strip's width in eye distances.
_BRIDGE = (9, 195)
_BRIDGE_CENTRE = (168, 6)
_BRIDGE_HALF_WIDTH = 0.06


@dataclass(frozen=True, slots=True)
class FacePatch:
    """A face turned upright: `lightness` is CIE L* (160, 160), `points_px` the mesh in it (468, 2).

    `eye_distance_px` is the distance of the outer eye corners in the image it was cut from.
    """

    lightness: Float32
    points_px: Float32
    eye_distance_px: float

    def part(self, points: Sequence[int]) -> float:
        """Median lightness inside the hull of these mesh points."""
        mask = np.zeros(self.lightness.shape, np.uint8)
        hull = cv2.convexHull(self.points_px[list(points)].round().astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 1)
        inside = self.lightness[mask > 0]
        return float(np.median(inside)) if inside.size else float(np.median(self.lightness))


def face_patch(image: Image, mesh: Mesh) -> FacePatch:
    """The part of the face from brow to chin, by the eye corners of the mesh."""
    corners = mesh.points_px[list(_PATCH_POINTS), :2]
    square = square_aligning(corners, _PATCH_PLACES)
    return FacePatch(
        lightness_of(cut(image.pixels, square, PATCH_SIZE)),
        square.from_image(mesh.points_px[:, :2], PATCH_SIZE),
        _distance(corners[0], corners[-1]),
    )


def bridge_line(patch: FacePatch) -> float:
    """How sharply a line crosses the nose bridge, relative to skin lightness, as a logarithm.

    The largest second difference of the strip's row means: the bridge of a frame is a thin dark or
    bright bar, shading of the nose is not.
    """
    centre = float(patch.points_px[list(_BRIDGE_CENTRE), 0].mean())
    half = _BRIDGE_HALF_WIDTH * _distance(patch.points_px[33], patch.points_px[263])
    top, bottom = patch.points_px[list(_BRIDGE), 1].astype(int).clip(0, PATCH_SIZE)
    left, right = np.array([centre - half, centre + half + 1]).astype(int).clip(0, PATCH_SIZE)
    rows = patch.lightness[top : max(bottom, top + 4), left : max(right, left + 1)].mean(axis=1)
    bend = np.abs(np.diff(rows, 2))
    return math.log(max(float(bend.max(initial=0.0)) / _skin_lightness(patch), 1e-4))


def lens_darkness(patch: FacePatch) -> float:
    """1 - lightness around and under the eyes, relative to the brighter of cheeks and forehead."""
    lens = np.mean([patch.part(points) for points in (*_UNDER_EYES, *_EYE_SOCKETS)])
    skin = max(_skin_lightness(patch), patch.part(_FOREHEAD))
    return 1.0 - float(lens) / skin


def mouth_gap(mesh: Mesh) -> float:
    """Distance of the inner lips over the inner width of the mouth."""
    points = mesh.points_px[:, :2]
    return _distance(points[13], points[14]) / max(_distance(points[78], points[308]), 1e-6)


def eye_openness(eyes: tuple[Eye, Eye]) -> float:
    """Height over width of the eye opening, mean of both eyes."""
    return float(np.mean([_opening(eye.contour_px) for eye in eyes]))


def _opening(contour_px: Float32) -> float:
    width = max(_distance(contour_px[0, :2], contour_px[8, :2]), 1e-6)
    return _distance(contour_px[12, :2], contour_px[4, :2]) / width


def _skin_lightness(patch: FacePatch) -> float:
    return max(float(np.mean([patch.part(points) for points in _CHEEKS])), 5.0)


def _distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
