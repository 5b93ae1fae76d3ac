"""Faces of an image: where they are, and what identifies them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.face import FaceDetection
from beholden.domain.image import Image
from beholden.vision.alignment import align
from beholden.vision.detectors import FaceDetector
from beholden.vision.embedders import FaceEmbedder
from beholden.vision.landmarks import FaceMesh, five_points

MAX_FACES = 100


class FaceAnalysis:
    """Detect, align, embed.

    The detector's landmarks do not follow a face that is tilted; `mesh` finds those of such faces.
    """

    def __init__(self, detector: FaceDetector, mesh: FaceMesh, embedder: FaceEmbedder) -> None:
        self._detector = detector
        self._mesh = mesh
        self._embedder = embedder

    def detect(self, image: Image) -> list[FaceDetection]:
        """The faces of `image`, the largest first; the hundred largest if there are more."""
        found = self._detector(image.pixels)
        return sorted(found, key=lambda face: face.box_px.area, reverse=True)[:MAX_FACES]

    def embed(self, image: Image, detections: Sequence[FaceDetection]) -> tuple[Float32, Float32]:
        """Unit embeddings (n, d) and quality weights (n,) 0..1 of `detections` in `image`."""
        points = [five_points(face, self._mesh(image, face)) for face in detections]
        landmarks = np.array(points, np.float32)
        return self._embedder(align(image.pixels, landmarks.reshape(-1, 5, 2)))
