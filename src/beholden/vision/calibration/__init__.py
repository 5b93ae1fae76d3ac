"""Fitted numbers of the face attributes, read from attributes.toml beside this file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


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
class AttributeCalibration:
    """One section of attributes.toml per field."""

    pose: PoseScale
    quality: QualityScale


def read_calibration() -> AttributeCalibration:
    """The numbers that ship with this package."""
    sections = tomllib.loads(files(__name__).joinpath("attributes.toml").read_text("utf-8"))
    return AttributeCalibration(
        pose=PoseScale(**sections["pose"]),
        quality=QualityScale(**sections["quality"]),
    )
