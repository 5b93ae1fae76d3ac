"""Fitted numbers of the face attributes, read from attributes.toml beside this file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from beholden.domain.face import Told
from beholden.vision.calibration.sections import read_sections


@dataclass(frozen=True, slots=True)
class PoseScale:
    """See `beholden.vision.pose`."""

    frontal_pitch_deg: float
    nose_depth: float
    mesh_yaw_deg: float
    landmark_yaw_deg: float


@dataclass(frozen=True, slots=True)
class QualityScale:
    """See `beholden.vision.quality`."""

    brightness_power: float
    edge_scale: float
    edge_power: float


@dataclass(frozen=True, slots=True)
class AgeScale:
    """An age range: `low` and `high` spreads from the expected age, a spread being the standard
    deviation of the network's age distribution plus `least_years`."""

    low: float
    high: float
    least_years: float

    def range_of(self, expected: float, deviation: float) -> tuple[int, int]:
        """(low, high) in whole years."""
        spread = deviation + self.least_years
        low = max(expected - self.low * spread, 0.0)
        return math.floor(low), math.ceil(expected + self.high * spread)


@dataclass(frozen=True, slots=True)
class Logistic:
    """A measurement's probability: 0.5 at `threshold`, 0.73 one `width` beyond it.

    `ceiling` is the most that is claimed either way: the labels were too few to show more.
    """

    threshold: float
    width: float
    ceiling: float

    def told(self, value: float) -> Told[bool]:
        """Whether `value` is beyond the threshold, and how surely, 0.5 to `ceiling`."""
        odds = min(abs(value - self.threshold) / self.width, 50.0)
        return Told(value > self.threshold, min(1.0 / (1.0 + math.exp(-odds)), self.ceiling))


@dataclass(frozen=True, slots=True)
class EmotionScale:
    """`temperature` divides the network's log probabilities."""

    temperature: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Below these a face cannot be described: its attributes are left out.

    `min_presence` is the mesh's, 0..1; `min_eye_distance_px` is between the outer eye corners, and
    holds for what hangs on thin lines (eyeglasses, eyes open).
    """

    min_presence: float
    min_eye_distance_px: float


@dataclass(frozen=True, slots=True)
class AttributeCalibration:
    """One section of attributes.toml per field."""

    pose: PoseScale
    quality: QualityScale
    limits: Limits
    age: AgeScale
    gender: Logistic
    emotion: EmotionScale
    smile: Logistic
    mouth_open: Logistic
    eyes_open: Logistic
    eyeglasses: Logistic
    sunglasses: Logistic


def read_calibration() -> AttributeCalibration:
    """The numbers that ship with this package."""
    return read_sections(AttributeCalibration, "attributes.toml")
