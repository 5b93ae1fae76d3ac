"""The 468-point face mesh and the iris model, and Rekognition's thirty named landmarks.

Networks: MediaPipe Face Mesh and Iris (Apache-2.0). Point numbers are those of MediaPipe's
canonical face model; "left" and "right" below are sides of the image, as in Rekognition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Point
from beholden.domain.image import Image
from beholden.ports.inference import Network
from beholden.vision.crops import Square, cut, square_of

MESH_SIZE = 192
IRIS_SIZE = 64
MESH_CONTEXT = 1.5
EYE_CONTEXT = 2.3
# A crop off the eye line by less than this is upright enough; a mesh that is not there is not
# chased.
TILT_DEG = 5.0
MOST_FITS = 4
LEAST_PRESENCE = 0.1

# Outer and inner corner of each eye.
LEFT_EYE = (33, 133)
RIGHT_EYE = (263, 362)

# Mesh points whose mean stands for eye, eye, nose tip, mouth corner, mouth corner.
_FIVE_PARTS = (LEFT_EYE, RIGHT_EYE, (1,), (61,), (291,))

FIVE_LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")

# Rekognition's LandmarkType to the mesh point that sits there. The pupils come from the iris model.
MESH_LANDMARKS: Mapping[str, int] = {
    "leftEyeBrowLeft": 70,
    "leftEyeBrowRight": 107,
    "leftEyeBrowUp": 105,
    "rightEyeBrowLeft": 336,
    "rightEyeBrowRight": 300,
    "rightEyeBrowUp": 334,
    "leftEyeLeft": 33,
    "leftEyeRight": 133,
    "leftEyeUp": 159,
    "leftEyeDown": 145,
    "rightEyeLeft": 362,
    "rightEyeRight": 263,
    "rightEyeUp": 386,
    "rightEyeDown": 374,
    "noseLeft": 129,
    "noseRight": 358,
    "mouthUp": 0,
    "mouthDown": 17,
    "upperJawlineLeft": 234,
    "midJawlineLeft": 172,
    "chinBottom": 152,
    "midJawlineRight": 397,
    "upperJawlineRight": 454,
}


@dataclass(frozen=True, slots=True)
class Mesh:
    """`points_px` has shape (468, 3): x, y in image pixels, z in the same scale, away from the
    camera. `presence` is 0..1: near 0 where there is no whole face."""

    points_px: Float32
    presence: float

    @property
    def tilt_deg(self) -> float:
        """How far the line through the outer eye corners is turned, clockwise."""
        return _eye_line_deg(self.points_px[LEFT_EYE[0]], self.points_px[RIGHT_EYE[0]])


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye as the iris model sees it, in image pixels.

    `contour_px` has shape (71, 3): the lids first (0 outer to 8 inner corner below, 9 to 15
    above), brow after. `iris_px` has shape (5, 3): centre, then four points of its rim.
    """

    contour_px: Float32
    iris_px: Float32


class FaceMesh:
    """Fits the mesh to a detected face."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, image: Image, detection: FaceDetection) -> Mesh:
        """Run face by face: a batch of eight was measured no more than 6% quicker.

        The network wants an upright crop, but the detector's eye line lags far behind a tilted
        face. So the mesh is fitted again along its own eye line until that stays.
        """
        square = square_of(detection.box_px, MESH_CONTEXT)
        angle = _eye_line_deg(detection.landmarks_px[0], detection.landmarks_px[1])
        for _ in range(MOST_FITS):
            mesh = self._fit(image, Square(square.centre, square.side_px, angle))
            turned = mesh.tilt_deg - angle
            if abs(turned) < TILT_DEG or mesh.presence < LEAST_PRESENCE:
                break
            angle = mesh.tilt_deg
        return mesh

    def _fit(self, image: Image, square: Square) -> Mesh:
        points, score = self._network(_input(image.pixels, square, MESH_SIZE))
        presence = 1.0 / (1.0 + math.exp(-float(score.reshape(()))))
        return Mesh(square.to_image(points.reshape(468, 3), MESH_SIZE), presence)


class IrisReader:
    """Looks closely at both eyes of each mesh."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, image: Image, mesh: Mesh) -> tuple[Eye, Eye]:
        """(image-left eye, image-right eye).

        The network knows one side; the other eye is shown to it mirrored and mirrored back.
        """
        return (
            self._read(image, _around_eye(mesh, LEFT_EYE), mirrored=False),
            self._read(image, _around_eye(mesh, RIGHT_EYE), mirrored=True),
        )

    def _read(self, image: Image, square: Square, *, mirrored: bool) -> Eye:
        crop = _input(image.pixels, square, IRIS_SIZE)
        contour, iris = self._network(np.ascontiguousarray(crop[:, :, ::-1]) if mirrored else crop)
        return Eye(
            _placed(contour.reshape(71, 3), square, mirrored),
            _placed(iris.reshape(5, 3), square, mirrored),
        )


def five_points(detection: FaceDetection, mesh: Mesh) -> Float32:
    """Eyes, nose tip and mouth corners in pixels, shape (5, 2): the detector's, or the mesh's where
    the face is tilted, which the detector's do not follow."""
    detected = _eye_line_deg(detection.landmarks_px[0], detection.landmarks_px[1])
    if mesh.presence < LEAST_PRESENCE or abs(mesh.tilt_deg - detected) < TILT_DEG:
        return detection.landmarks_px
    return np.stack([mesh.points_px[list(part), :2].mean(axis=0) for part in _FIVE_PARTS])


def five_landmarks(points_px: Float32) -> dict[str, Point]:
    """Five points (5, 2) by Rekognition's names."""
    return {name: _point(row) for name, row in zip(FIVE_LANDMARKS, points_px, strict=True)}


def thirty_landmarks(points_px: Float32, mesh: Mesh, eyes: tuple[Eye, Eye]) -> dict[str, Point]:
    """All of Rekognition's LandmarkTypes: five points, mesh, and the iris model's pupils."""
    landmarks = five_landmarks(points_px)
    for name, number in MESH_LANDMARKS.items():
        landmarks[name] = _point(mesh.points_px[number])
    landmarks["leftPupil"], landmarks["rightPupil"] = (_point(eye.iris_px[0]) for eye in eyes)
    return landmarks


def _eye_line_deg(left: Float32, right: Float32) -> float:
    return math.degrees(math.atan2(float(right[1] - left[1]), float(right[0] - left[0])))


def _around_eye(mesh: Mesh, corners: tuple[int, int]) -> Square:
    outer, inner = mesh.points_px[list(corners), :2]
    # Along the eye from image left to image right, whichever corner that is.
    across = inner - outer if corners == LEFT_EYE else outer - inner
    middle = (outer + inner) / 2
    return Square(
        _point(middle),
        EYE_CONTEXT * max(float(np.hypot(*across)), 1.0),
        math.degrees(math.atan2(across[1], across[0])),
    )


def _input(pixels: UInt8, square: Square, size: int) -> Float32:
    """What both networks take: (1, size, size, 3), RGB 0..1."""
    return cut(pixels, square, size)[np.newaxis].astype(np.float32) / np.float32(255)


def _placed(points: Float32, square: Square, mirrored: bool) -> Float32:
    if mirrored:
        points = points.copy()
        points[:, 0] = IRIS_SIZE - points[:, 0]
    return square.to_image(points, IRIS_SIZE)


def _point(row: Float32) -> Point:
    return Point(float(row[0]), float(row[1]))
