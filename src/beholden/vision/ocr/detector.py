"""Finding lines of text: PP-OCR's detector (Liao et al.: Real-time scene text detection with
differentiable binarization, 2020)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.ports.inference import Network
from beholden.vision.ocr.quads import mean_inside, network_input, reading_quad, size

# The canvas's longer side; measured: benchmarks/text.py. The shorter side of a strip stays at least
# so long, or as it is.
CANVAS_PX = 1088
SHORT_SIDE_PX = 192
# A small picture is enlarged; a picture of small print is looked at again, on a canvas of at most
# so many pixels: each million takes 0.3 GB.
MOST_ENLARGED = 2.0
CLOSE_PIXELS = 1920 * 1088
SMALL_PRINT_PX = 11.0
# Sides are rounded up to this, so that the engine meets few shapes: each new one costs it time.
STEP_PX = 64
MIN_SIDE_PX = 3.0
# The map of a picture that is all noise has thousands of spots: the largest are looked at.
MAX_SPOTS = 1000


@dataclass(frozen=True, slots=True)
class FoundText:
    """A place with text, a quad (see `quads`), and the detector's score of it, 0..1."""

    quad_px: Float32
    score: float


class TextDetector:
    """Callable: an RGB image to the places of its lines.

    A pixel of at least `pixel` is text; a place needs a mean of `score`; `grow` undoes the
    shrinking that the network was trained for. All from the manifest.
    """

    def __init__(self, network: Network, *, pixel: float, score: float, grow: float) -> None:
        self._network = network
        self._pixel = pixel
        self._score = score
        self._grow = grow

    def __call__(self, pixels: UInt8) -> list[FoundText]:
        """Lines in `pixels` (h, w, 3) uint8 RGB, in no order."""
        sides = pixels.shape[:2]
        whole = max(CANVAS_PX / max(sides), min(1.0, SHORT_SIDE_PX / min(sides)))
        scale = min(MOST_ENLARGED, whole)
        found = self._look(pixels, scale)
        closer = min(1.0, math.sqrt(CLOSE_PIXELS / math.prod(sides)))
        if closer > scale and _height(found) * scale < SMALL_PRINT_PX:
            return self._look(pixels, closer)
        return found

    def _look(self, pixels: UInt8, scale: float) -> list[FoundText]:
        reduced = _scaled(pixels, scale)
        canvas = (-(-n // STEP_PX) * STEP_PX for n in reduced.shape[:2])
        heat = self._network(network_input(reduced, *canvas))[0][0, 0]
        heat = heat[: reduced.shape[0], : reduced.shape[1]]
        ratio = np.array([n / m for n, m in zip(pixels.shape, reduced.shape, strict=True)][1::-1])
        return [
            FoundText(reading_quad((corners * ratio).astype(np.float32)), score)
            for corners, score in self._places(heat)
        ]

    def _places(self, heat: Float32) -> Iterator[tuple[Float32, float]]:
        """Corners (4, 2) and mean of each place in a map (h, w) of probabilities."""
        spots, _ = cv2.findContours(
            (heat > self._pixel).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        for spot in sorted(spots, key=cv2.contourArea, reverse=True)[:MAX_SPOTS]:
            centre, (width, height), angle = cv2.minAreaRect(spot)
            if min(width, height) < MIN_SIDE_PX:
                continue
            score = mean_inside(heat, cv2.boxPoints((centre, (width, height), angle)))
            if score >= self._score:
                edge = self._grow * width * height / (width + height)
                yield cv2.boxPoints((centre, (width + edge, height + edge), angle)), score


def _height(found: list[FoundText]) -> float:
    """The height in pixels that half of the lines do not reach; infinite without lines."""
    heights = [size(place.quad_px)[1] for place in found]
    return float(np.median(heights)) if heights else float("inf")


def _scaled(pixels: UInt8, scale: float) -> UInt8:
    if scale == 1:
        return pixels
    height, width = (max(1, round(n * scale)) for n in pixels.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled: UInt8 = cv2.resize(pixels, (width, height), interpolation=method)
    return scaled
