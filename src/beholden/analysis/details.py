"""Everything DetectFaces tells of a face beyond its box: landmarks, pose, quality, attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beholden.domain.face import FaceAttributes, FaceDetails, FaceDetection
from beholden.domain.image import Image
from beholden.ports.inference import Network
from beholden.vision.calibration import AttributeCalibration
from beholden.vision.landmarks import FaceMesh, IrisReader, Mesh, five_landmarks, thirty_landmarks
from beholden.vision.pose import pose_of
from beholden.vision.quality import quality_of

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


@dataclass(frozen=True, slots=True)
class FaceNetworks:
    """The networks of models.toml that describe a face, by their names there."""

    face_mesh: Network
    iris: Network
    age: Network
    gender: Network
    emotion: Network


class FaceDescriber:
    """Measures what is wanted of each detected face, and runs no network for anything else."""

    def __init__(self, networks: FaceNetworks, calibration: AttributeCalibration) -> None:
        self._calibration = calibration
        self._mesh = FaceMesh(networks.face_mesh)
        self._iris = IrisReader(networks.iris)

    def describe(
        self, image: Image, detections: Sequence[FaceDetection], wanted: frozenset[str]
    ) -> list[FaceDetails]:
        """One FaceDetails per detection, in their order.

        `wanted` holds Rekognition's Attribute names without DEFAULT and ALL; the default details
        come always. What cannot be told of a face is None in its attributes.
        """
        meshes = self._mesh(image, detections)
        return [
            self._details(image, detection, mesh, wanted)
            for detection, mesh in zip(detections, meshes, strict=True)
        ]

    def _details(
        self, image: Image, detection: FaceDetection, mesh: Mesh, wanted: frozenset[str]
    ) -> FaceDetails:
        landmarks = five_landmarks(detection)
        if wanted >= ALL_ATTRIBUTES:
            landmarks = thirty_landmarks(detection, mesh, self._iris(image, mesh))
        return FaceDetails(
            detection=detection,
            landmarks_px=landmarks,
            pose=pose_of(mesh, detection, self._calibration.pose),
            quality=quality_of(image, detection, self._calibration.quality),
            attributes=FaceAttributes(),
            presence=mesh.presence,
        )
