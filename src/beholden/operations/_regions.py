"""Regions of interest: the part of a picture in which somebody looks for something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.errors import InvalidParameter

MAX_POLYGON_POINTS = 10
ROUNDING = 0.01
ONE = "A region of interest is a BoundingBox or a Polygon."
INSIDE = "A region of interest lies in the picture, and has an area."
POINTS = f"A polygon has 3 to {MAX_POLYGON_POINTS} points."


def corners(region: Mapping[str, Any]) -> Float32:
    """A region's corners (n, 2) as ratios. Raises InvalidParameter unless it is one box or one
    polygon of 3 to 10 points, inside the image; a box may leave it by what rounding does."""
    if ("BoundingBox" in region) == ("Polygon" in region):
        raise InvalidParameter(ONE)
    found = _polygon(region["Polygon"]) if "Polygon" in region else _box(region["BoundingBox"])
    if not ((found >= 0) & (found <= 1)).all():
        raise InvalidParameter(INSIDE)
    return found


def _polygon(points: Sequence[Mapping[str, float]]) -> Float32:
    if not 3 <= len(points) <= MAX_POLYGON_POINTS:
        raise InvalidParameter(POINTS)
    return np.array([(p.get("X", 0.0), p.get("Y", 0.0)) for p in points], np.float32)


def _box(box: Mapping[str, float]) -> Float32:
    left, top, width, height = (box.get(k, 0.0) for k in ("Left", "Top", "Width", "Height"))
    right, bottom = left + width, top + height
    if not (width > 0 and height > 0 and max(right, bottom) <= 1 + ROUNDING):
        raise InvalidParameter(INSIDE)
    right, bottom = min(right, 1.0), min(bottom, 1.0)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
