"""Everything DetectFaces tells of a face beyond its box: landmarks, pose, quality, attributes."""

from __future__ import annotations

from collections.abc import Sequence

from beholden.analysis.attributes import FaceNetworks, FaceReaders, FaceView, attributes_of
from beholden.domain.face import FaceDetails, FaceDetection
from beholden.domain.image import Image
from beholden.domain.purpose import SENSITIVE_ATTRIBUTES
from beholden.vision.calibration import AttributeCalibration
from beholden.vision.landmarks import five_landmarks, five_points, thirty_landmarks
from beholden.vision.pose import pose_of
from beholden.vision.quality import quality_of

__all__ = ["ALL_ATTRIBUTES", "FaceDescriber", "FaceNetworks"]

ALL_ATTRIBUTES: frozenset[str] = frozenset(
    {
        "AGE_RANGE",
        "BEARD",
        "EMOTIONS",
        "EYEGLASSES",
        "EYES_OPEN",
        "EYE_DIRECTION",
        "FACE_OCCLUDED",
        "GENDER",
        "MOUTH_OPEN",
        "MUSTACHE",
        "SMILE",
        "SUNGLASSES",
    }
)


class FaceDescriber:
    """Measures what is wanted of each detected face, and runs no network for anything else."""

    def __init__(self, networks: FaceNetworks, calibration: AttributeCalibration) -> None:
        self._readers = FaceReaders(networks)
        self._calibration = calibration

    def describe(
        self, image: Image, detections: Sequence[FaceDetection], wanted: frozenset[str]
    ) -> list[FaceDetails]:
        """One FaceDetails per detection, in their order.

        `wanted` holds Rekognition's Attribute names without DEFAULT and ALL; the default details
        come always. What cannot be told of a face is None in its attributes.
        """
        return [
            self._details(image, self._view(image, detection), wanted) for detection in detections
        ]

    def _view(self, image: Image, detection: FaceDetection) -> FaceView:
        mesh = self._readers.mesh(image, detection)
        return FaceView(self._readers, self._calibration, image, detection, mesh)

    def _details(self, image: Image, face: FaceView, wanted: frozenset[str]) -> FaceDetails:
        five_px = five_points(face.detection, face.mesh)
        landmarks = five_landmarks(five_px)
        if wanted >= ALL_ATTRIBUTES - SENSITIVE_ATTRIBUTES and face.whole:
            landmarks = thirty_landmarks(five_px, face.mesh, face.eyes)
        return FaceDetails(
            detection=face.detection,
            landmarks_px=landmarks,
            pose=pose_of(face.mesh, five_px, self._calibration.pose),
            quality=quality_of(image, face.detection, self._calibration.quality),
            attributes=attributes_of(face, wanted),
            presence=face.mesh.presence,
        )
