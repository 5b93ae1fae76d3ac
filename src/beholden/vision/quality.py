"""Brightness and sharpness of a face crop, 0..100 each, at a canonical size.

Both are measured on the detected box scaled to the same size for every face, so that a small face
that was enlarged reads as the blurred picture it is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.face import FaceDetection, Quality
from beholden.domain.image import Image
from beholden.vision.calibration import QualityScale
from beholden.vision.crops import cut, square_of

CANONICAL_SIZE = 128
# The square inside the box that hair and background seldom reach.
INNER_SHARE = 0.8
_EDGE_PERCENTILE = 97.0
# Gradient magnitudes of white noise are Rayleigh distributed: this is their percentile above over
# their median, sqrt(ln(1 - 0.97) / ln(0.5)).
_NOISE_PERCENTILE_TO_MEDIAN = 2.2492


def quality_of(image: Image, detection: FaceDetection, scale: QualityScale) -> Quality:
    """Brightness follows the mean CIE L* of the face, sharpness the `edge_strength`.

    Both scales are strictly increasing and reach 0 at black and at no edge.
    """
    crop = cut(image.pixels, square_of(detection.box_px, INNER_SHARE), CANONICAL_SIZE)
    lightness = lightness_of(crop)
    mean = min(float(lightness.mean()) / 100.0, 1.0)
    strength = edge_strength(lightness) / scale.edge_scale
    return Quality(
        brightness_pct=100.0 * (1.0 - (1.0 - mean) ** scale.brightness_power),
        sharpness_pct=100.0 * -math.expm1(-(strength**scale.edge_power)),
    )


def lightness_of(crop: UInt8) -> Float32:
    """CIE L* (0..100) of an RGB crop, shape (height, width)."""
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab[..., 0], np.float32)


def edge_strength(lightness: Float32, where: NDArray[np.bool_] | None = None) -> float:
    """The steepness of the strongest edges, per pixel and relative to the crop's contrast.

    `where` has the shape of `lightness` and says which pixels count; without it all do.

    Noise raises all gradients, edges only a few: what white noise of the observed median would
    show at the same percentile is taken off (in power), so that noise does not read as detail.
    """
    dx = cv2.Sobel(lightness, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    dy = cv2.Sobel(lightness, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    magnitude = cv2.magnitude(dx, dy)
    if where is not None:
        magnitude, lightness = magnitude[where], lightness[where]
    median, edges = _percentiles(magnitude, (50.0, _EDGE_PERCENTILE))
    noise = _NOISE_PERCENTILE_TO_MEDIAN * median
    low, high = _percentiles(lightness, (5.0, 95.0))
    return float(np.sqrt(max(edges**2 - noise**2, 0.0)) / max(high - low, 1.0))


def _percentiles(values: Float32, wanted: tuple[float, ...]) -> tuple[float, ...]:
    """As np.percentile tells them, in less than half the time."""
    ordered = np.sort(values, axis=None)
    at = np.array(wanted) / 100.0 * (ordered.size - 1)
    return tuple(np.interp(at, np.arange(ordered.size), ordered).tolist())
