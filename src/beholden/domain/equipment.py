"""Persons, the parts of them that can be seen, and protective equipment on these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beholden.domain.face import Told
from beholden.domain.geometry import Box

# What a picture must keep to (developer guide, "Guidelines and quotas").
MAX_BYTES = 4 * 2**20
MIN_SIDE_PX = 64


class BodyPart(StrEnum):
    """Rekognition's names; left and right are the person's own."""

    FACE = "FACE"
    HEAD = "HEAD"
    LEFT_HAND = "LEFT_HAND"
    RIGHT_HAND = "RIGHT_HAND"


class EquipmentType(StrEnum):
    """Rekognition's names."""

    FACE_COVER = "FACE_COVER"
    HAND_COVER = "HAND_COVER"
    HEAD_COVER = "HEAD_COVER"


@dataclass(frozen=True, slots=True)
class Cover:
    """One piece of equipment; `confidence` is 0..1. `covers` says whether it is worn where it
    belongs; None if that cannot be told."""

    kind: EquipmentType
    box_px: Box
    confidence: float
    covers: Told[bool] | None = None


@dataclass(frozen=True, slots=True)
class SeenPart:
    """A part of a body that can be seen, `confidence` 0..1, and what is found on it. `box_px` is
    where equipment for it would be; None for hands, for which there is none to be found."""

    name: BodyPart
    confidence: float
    box_px: Box | None = None
    covers: tuple[Cover, ...] = ()


@dataclass(frozen=True, slots=True)
class EquippedPerson:
    """One person; `confidence` 0..1 is that the box is of one."""

    box_px: Box
    confidence: float
    parts: tuple[SeenPart, ...] = ()


class Verdict(StrEnum):
    """Whether somebody wears what is required; `UNKNOWN` is what nobody should read as no."""

    WEARS = "wears"
    LACKS = "lacks"
    UNKNOWN = "unknown"
