"""Age, gender and emotion networks: a face in, their raw probabilities out.

Networks: dlib-models' age and gender classifiers (CC0), fer's emotion classifier (MIT). The raw
outputs are calibrated elsewhere (`beholden.vision.calibration`).
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.face import FaceDetection
from beholden.domain.image import Image
from beholden.ports.inference import Network
from beholden.vision.crops import cut, square_aligning, square_of
from beholden.vision.landmarks import Mesh

# Rekognition's EmotionName in the order of the network's outputs. CONFUSED it does not know.
EMOTIONS = ("ANGRY", "DISGUSTED", "FEAR", "HAPPY", "SAD", "SURPRISED", "CALM")

AGE_SIZE = 64
GENDER_SIZE = 32
EMOTION_SIZE = 64

# Where dlib's five points (outer and inner corners of both eyes, base of the nose) stand in a face
# chip, in ratios of its side, before padding (dlib, get_face_chip_details).
_CHIP_POINTS = (263, 362, 33, 133, 2)
_CHIP_PLACES = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ],
    np.float32,
)
_CHIP_PADDING = 0.2
_CHIP_MEAN_RGB = np.array([122.782, 117.001, 104.298], np.float32)
# Ages behind the network's 81 outputs; the first class is babies.
_AGES = np.array([0.25, *range(1, 81)], np.float32)


class AgeEstimator:
    """How old a face looks."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, image: Image, mesh: Mesh) -> Float32:
        """Probabilities of the ages 0 to 80, shape (81,)."""
        return np.asarray(self._network(face_chip(image, mesh, AGE_SIZE))[0][0], np.float32)


class GenderClassifier:
    """How a face is read, female or male; nothing is said of how a person sees themselves."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, image: Image, mesh: Mesh) -> float:
        """Log odds of male over female before calibration."""
        female, male = self._network(face_chip(image, mesh, GENDER_SIZE))[0][0].tolist()
        return float(np.log(max(male, 1e-7)) - np.log(max(female, 1e-7)))


class EmotionClassifier:
    """Which emotion a face seems to show."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, image: Image, detection: FaceDetection) -> Float32:
        """Log probabilities in the order of EMOTIONS before calibration, shape (7,)."""
        crop = cut(image.pixels, square_of(detection.box_px, 1.0), EMOTION_SIZE)
        gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
        shaped = (gray / np.float32(127.5) - 1)[np.newaxis, :, :, np.newaxis]
        probabilities = np.asarray(self._network(shaped)[0][0], np.float32)
        return np.log(np.maximum(probabilities, np.float32(1e-7)))


def face_chip(image: Image, mesh: Mesh, size: int) -> Float32:
    """A face as dlib's networks take it: (1, 3, size, size) float32."""
    places = (_CHIP_PLACES + _CHIP_PADDING) / (1 + 2 * _CHIP_PADDING)
    square = square_aligning(mesh.points_px[list(_CHIP_POINTS), :2], places)
    crop = cut(image.pixels, square, size).astype(np.float32)
    chip = (crop - _CHIP_MEAN_RGB) / np.float32(256)
    return np.ascontiguousarray(chip.transpose(2, 0, 1)[np.newaxis])


def age_moments(probabilities: Float32) -> tuple[float, float]:
    """Mean and standard deviation of an age distribution (81,), in years."""
    mean = float(probabilities @ _AGES)
    return mean, math.sqrt(max(float(probabilities @ (_AGES - mean) ** 2), 0.0))


def tempered(log_probabilities: Float32, temperature: float) -> dict[str, float]:
    """Emotion probabilities by name, surest first, sum 1."""
    weights = np.exp((log_probabilities - log_probabilities.max()) / temperature)
    shares = (weights / weights.sum()).tolist()
    ranked = sorted(zip(EMOTIONS, shares, strict=True), key=lambda pair: -pair[1])
    return dict(ranked)


def happy_log_odds(log_probabilities: Float32) -> float:
    """Log odds of HAPPY against all other emotions."""
    happy = EMOTIONS.index("HAPPY")
    others = np.logaddexp.reduce(np.delete(log_probabilities, happy))
    return float(log_probabilities[happy] - others)
