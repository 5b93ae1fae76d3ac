"""Labels, moderation labels and image properties on the wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import (
    Appearance,
    Colour,
    ImageProperties,
    Instance,
    Label,
    ModerationLabel,
)
from beholden.operations._present import bounding_box, box_ratio, percent

Json = dict[str, Any]
Colours = Callable[[Box], Sequence[Colour]]


def label(found: Label, image: Image, colours: Colours | None = None) -> Json:
    """A Label, with Instances for objects; `colours` gives those of a box, if they are wanted."""
    named = found.named
    return {
        "Name": named.name,
        "Confidence": percent(found.confidence),
        "Instances": [_instance(one, image, colours) for one in found.instances],
        "Parents": [{"Name": name} for name in named.parents],
        "Aliases": [{"Name": name} for name in named.aliases],
        "Categories": [{"Name": name} for name in named.categories],
    }


def _instance(found: Instance, image: Image, colours: Colours | None) -> Json:
    shown: Json = {
        "BoundingBox": bounding_box(box_ratio(found.box_px, image)),
        "Confidence": percent(found.confidence),
    }
    if colours:
        shown["DominantColors"] = [_colour(colour) for colour in colours(found.box_px)]
    return shown


def moderation_label(found: ModerationLabel) -> Json:
    """A ModerationLabel; ParentName is empty at the first level."""
    return {
        "Name": found.name,
        "ParentName": found.parent,
        "TaxonomyLevel": found.level,
        "Confidence": percent(found.confidence),
    }


def content_type(name: str, confidence: float) -> Json:
    return {"Name": name, "Confidence": percent(confidence)}


def properties(found: ImageProperties) -> Json:
    """An ImageProperties; Foreground and Background where the picture has both."""
    shown = _appearance(found.whole)
    if found.foreground is not None and found.background is not None:
        shown["Foreground"] = _appearance(found.foreground)
        shown["Background"] = _appearance(found.background)
    return shown


def _appearance(found: Appearance) -> Json:
    light = found.light
    return {
        "Quality": {
            "Brightness": round(light.brightness_pct, 4),
            "Sharpness": round(light.sharpness_pct, 4),
            "Contrast": round(light.contrast_pct, 4),
        },
        "DominantColors": [_colour(colour) for colour in found.colours],
    }


def _colour(colour: Colour) -> Json:
    red, green, blue = colour.rgb
    return {
        "Red": red,
        "Green": green,
        "Blue": blue,
        "HexCode": f"#{red:02x}{green:02x}{blue:02x}",
        "CSSColor": colour.css_name,
        "SimplifiedColor": colour.simplified,
        "PixelPercent": percent(colour.share),
    }
