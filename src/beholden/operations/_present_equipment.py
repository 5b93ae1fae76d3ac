"""Persons and their equipment to the wire: pixels to ratios, 0..1 to 0..100."""

from __future__ import annotations

from typing import Any

from beholden.domain.equipment import Cover, EquippedPerson, SeenPart
from beholden.domain.image import Image
from beholden.operations._present import bounding_box, box_ratio, percent

Json = dict[str, Any]


def person(number: int, found: EquippedPerson, image: Image) -> Json:
    """A ProtectiveEquipmentPerson."""
    return {
        "Id": number,
        "BoundingBox": bounding_box(box_ratio(found.box_px, image)),
        "Confidence": percent(found.confidence),
        "BodyParts": [_part(part, image) for part in found.parts],
    }


def _part(part: SeenPart, image: Image) -> Json:
    return {
        "Name": part.name,
        "Confidence": percent(part.confidence),
        "EquipmentDetections": [_cover(cover, image) for cover in part.covers],
    }


def _cover(cover: Cover, image: Image) -> Json:
    shown: Json = {
        "Type": cover.kind,
        "BoundingBox": bounding_box(box_ratio(cover.box_px, image)),
        "Confidence": percent(cover.confidence),
    }
    if cover.covers is not None:
        told = {"Value": cover.covers.value, "Confidence": percent(cover.covers.confidence)}
        shown["CoversBodyPart"] = told
    return shown
