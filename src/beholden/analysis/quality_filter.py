"""Rekognition's QualityFilter: which faces are too poor to enrol or compare, and why."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from beholden.domain.face import FaceDetails, Pose
from beholden.domain.geometry import Box
from beholden.domain.image import Image


@dataclass(frozen=True, slots=True)
class QualityBar:
    """The least a face must show. Sides in pixels, confidences 0..1, angles either way."""

    min_side_px: float
    min_confidence: float
    min_presence: float
    min_brightness_pct: float
    min_sharpness_pct: float
    max_yaw_deg: float
    max_pitch_deg: float
    max_roll_deg: float


def reject_reasons(details: FaceDetails, image: Image, level: str) -> tuple[str, ...]:
    """Rekognition's Reasons for which the face fails `level`, none if it passes.

    `level` is NONE (everything passes), LOW, AUTO, MEDIUM or HIGH, in growing strictness. Only the
    part of the box inside the image counts towards its size. The mesh finding no whole face where
    the detector sees one is LOW_FACE_QUALITY.
    """
    if level == "NONE":
        return ()
    bar = quality_bars()[level]
    quality = details.quality
    failed = {
        "SMALL_BOUNDING_BOX": visible_side_px(details.detection.box_px, image) < bar.min_side_px,
        "LOW_CONFIDENCE": details.detection.confidence < bar.min_confidence,
        "EXTREME_POSE": _turned_beyond(details.pose, bar),
        "LOW_BRIGHTNESS": quality.brightness_pct < bar.min_brightness_pct,
        "LOW_SHARPNESS": quality.sharpness_pct < bar.min_sharpness_pct,
        "LOW_FACE_QUALITY": details.presence is not None and details.presence < bar.min_presence,
    }
    return tuple(reason for reason, fails in failed.items() if fails)


@cache
def quality_bars() -> Mapping[str, QualityBar]:
    """The bars that ship with this package, by level."""
    text = files("beholden.analysis").joinpath("quality_filter.toml").read_text("utf-8")
    return {level: QualityBar(**bar) for level, bar in tomllib.loads(text).items()}


def visible_side_px(box: Box, image: Image) -> float:
    """The shorter side of the part of the box that lies inside the image."""
    width = min(box.right, image.width_px) - max(box.left, 0)
    height = min(box.bottom, image.height_px) - max(box.top, 0)
    return max(min(width, height), 0.0)


def _turned_beyond(pose: Pose, bar: QualityBar) -> bool:
    return (
        abs(pose.yaw_deg) > bar.max_yaw_deg
        or abs(pose.pitch_deg) > bar.max_pitch_deg
        or abs(pose.roll_deg) > bar.max_roll_deg
    )
