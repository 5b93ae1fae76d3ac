"""Boxes and points in pixels. Conversion to ratios happens only in operations/_present.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """x grows to the right, y downwards; pixels of the upright image."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned box in pixels of the upright image; it may leave the image."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> Point:
        return Point(self.left + self.width / 2, self.top + self.height / 2)
