"""Faces of an image: where they are, and what identifies them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.face import FaceDetection
from beholden.domain.image import Image
from beholden.vision.alignment import align
from beholden.vision.detectors import FaceDetector
from beholden.vision.embedders import FaceEmbedder
from beholden.vision.landmarks import FaceMesh, five_points

Closer = Callable[[UInt8, FaceDetection], FaceDetection | None]

MAX_FACES = 100


class FaceAnalysis:
    """Detect, align, embed.

    The detector's landmarks do not follow a face that is tilted; `mesh` finds those of such faces.
    `closer` is FaceDetector.closer.
    """

    def __init__(
        self, detector: FaceDetector, mesh: FaceMesh, embedder: FaceEmbedder, closer: Closer
    ) -> None:
        self._detector = detector
        self._closer = closer
        self._mesh = mesh
        self._embedder = embedder

    def detect(self, image: Image) -> list[FaceDetection]:
        """The faces of `image`, the largest first; the hundred largest if there are more."""
        found = self._detector(image.pixels)
        return sorted(found, key=lambda face: face.box_px.area, reverse=True)[:MAX_FACES]

    def closer(self, image: Image, face: FaceDetection) -> FaceDetection | None:
        """The face that stands where `face` stood a moment before, found at a fraction of what
        `detect` costs; None if there is none."""
        return self._closer(image.pixels, face)

    def embed(self, image: Image, detections: Sequence[FaceDetection]) -> tuple[Float32, Float32]:
        """Unit embeddings (n, d) and quality weights (n,) 0..1 of `detections` in `image`."""
        points = [five_points(face, self._mesh(image, face)) for face in detections]
        landmarks = np.array(points, np.float32)
        return self._embedder(align(image.pixels, landmarks.reshape(-1, 5, 2)))
