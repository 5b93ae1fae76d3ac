"""IMAGE_PROPERTIES: light and dominant colours of a picture, of what stands in it and behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.analysis.colours import dominant_colours
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Appearance, Colour, ImageProperties, Light
from beholden.vision.quality import edge_strength, lightness_of

# Measured at one size, so that the same picture reads the same at every resolution.
MEASURED_PX = 512
# 1 - exp(-(strength / scale)^power), as for faces; the median photo of COCO reads about 75
# (benchmarks/label_accuracy.py prints it, and what blurred ones read).
EDGE_SCALE = 0.157
EDGE_POWER = 2.25
# Foreground and background are told apart where both have at least this share of the picture.
LEAST_SHARE = 0.01


def properties_of(image: Image, objects: Iterable[Box], most_colours: int) -> ImageProperties:
    """The foreground is what stands in the boxes of `objects`, in pixels of the image."""
    scale = min(1.0, MEASURED_PX / max(image.width_px, image.height_px))
    size = [max(1, round(n * scale)) for n in (image.width_px, image.height_px)]
    pixels = cv2.resize(image.pixels, size, interpolation=cv2.INTER_AREA)
    front = np.zeros(pixels.shape[:2], bool)
    for box in objects:
        top, left = max(0, round(box.top * scale)), max(0, round(box.left * scale))
        front[top : round(box.bottom * scale), left : round(box.right * scale)] = True
    whole = _appearance(pixels, np.ones_like(front), most_colours)
    if not LEAST_SHARE <= front.mean() <= 1 - LEAST_SHARE:
        return ImageProperties(whole)
    return ImageProperties(
        whole, _appearance(pixels, front, most_colours), _appearance(pixels, ~front, most_colours)
    )


def colours_in(image: Image, box_px: Box, most: int) -> tuple[Colour, ...]:
    """At most `most` dominant colours of what stands in a box, in pixels of the image."""
    top, left = (max(0, round(edge)) for edge in (box_px.top, box_px.left))
    inside = image.pixels[top : round(box_px.bottom), left : round(box_px.right)]
    return dominant_colours(inside.reshape(-1, 3), most) if inside.size and most else ()


def _appearance(
    pixels: NDArray[np.uint8], where: NDArray[np.bool_], most_colours: int
) -> Appearance:
    """Of the pixels (h, w, 3) at `where` (h, w)."""
    lightness = lightness_of(pixels)
    low, high = np.percentile(lightness[where], [1, 99])
    strength = edge_strength(lightness, where) / EDGE_SCALE
    light = Light(
        brightness_pct=float(lightness[where].mean()),
        sharpness_pct=100.0 * -math.expm1(-(strength**EDGE_POWER)),
        contrast_pct=float(high - low),
    )
    return Appearance(light, dominant_colours(pixels[where], most_colours) if most_colours else ())
