"""Where the joints of one person are: MoveNet Lightning, 17 keypoints of COCO (Google, 2021)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.geometry import Box
from beholden.ports.inference import Network
from beholden.vision.crops import cut, square_of

INPUT_PX = 192
# The network was trained on squares that leave this much room around a person.
ROOM = 1.25


class Joint(IntEnum):
    """Rows of the keypoints; left and right are the person's own."""

    NOSE = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    LEFT_EAR = 3
    RIGHT_EAR = 4
    LEFT_SHOULDER = 5
    RIGHT_SHOULDER = 6
    LEFT_WRIST = 9
    RIGHT_WRIST = 10


class BodyKeypoints:
    """Callable: an image and a person's box to that person's joints."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, pixels: UInt8, box_px: Box) -> Float32:
        """Joints (17, 3) in `pixels` (h, w, 3) uint8 RGB: x and y in its pixels, score 0..1."""
        square = square_of(box_px, ROOM)
        seen = cut(pixels, square, INPUT_PX)
        found = self._network(seen[np.newaxis])[0].reshape(-1, 3).astype(np.float32)
        places = square.to_image(found[:, 1::-1] * np.float32(INPUT_PX), INPUT_PX)
        return np.concatenate([places, found[:, 2:]], axis=1)
