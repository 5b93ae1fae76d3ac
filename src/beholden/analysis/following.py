"""Finding a face again a moment later, near where it was, by its pixels: no network."""

from __future__ import annotations

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.vision.crops import cut, square_of

# A face is compared at this size, and looked for half of its own size away.
FACE_PX = 24
REACH = 2.0
# The correlation from which on it is the same face, hardly changed.
SURE = 0.9


def shifted(face: FaceDetection, right_px: float, down_px: float) -> FaceDetection:
    """The same face elsewhere."""
    box = face.box_px
    return FaceDetection(
        Box(box.left + right_px, box.top + down_px, box.width, box.height),
        face.confidence,
        face.landmarks_px + np.array((right_px, down_px), np.float32),
    )


def followed(
    crop: Image, in_crop: FaceDetection, face: FaceDetection, now: Image, least: float = SURE
) -> FaceDetection | None:
    """Where in `now` the face is that was at `face` in the picture before, of which `crop` with the
    same face at `in_crop` was cut; None if it correlates by less than `least`. Size and confidence
    stay."""
    pattern = _grey(cut(crop.pixels, square_of(in_crop.box_px, 1.0), FACE_PX))
    around = square_of(face.box_px, REACH)
    place = _grey(cut(now.pixels, around, round(REACH * FACE_PX)))
    scores = cv2.matchTemplate(place, pattern, cv2.TM_CCOEFF_NORMED)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    if scores[row, column] < least:
        return None
    middle = (len(scores) - 1) / 2
    step = around.side_px / len(place)
    right = column + _peak(scores[row], int(column)) - middle
    down = row + _peak(scores[:, column], int(row)) - middle
    return shifted(face, float(right) * step, float(down) * step)


def _grey(pixels: UInt8) -> UInt8:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _peak(scores: Float32, at: int) -> float:
    """How far from `at` the parabola through it and its neighbours is highest, -0.5..0.5."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, top, after = map(float, scores[at - 1 : at + 2])
    curvature = before - 2 * top + after
    return 0.0 if curvature >= 0 else 0.5 * (before - after) / curvature
