"""Text of an image: lines in reading order and their words, each as sure as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.text import TextLine, TextWord
from beholden.vision.calibration.text import TextScale
from beholden.vision.ocr.detector import FoundText, TextDetector
from beholden.vision.ocr.direction import TextDirection
from beholden.vision.ocr.quads import TALL, crop, mean_inside, part, size, turned
from beholden.vision.ocr.recogniser import HEIGHT_PX, MAX_WIDTH_PX, Reading, TextRecogniser

# Rekognition's own limit, and how many lines are read at most to get there: of noise, or of a
# script that cannot be read, no word may be wanted.
MAX_WORDS = 100
MAX_LINES = 200
# So many of the longest lines tell which way up a page is; a line that was read with less than
# this, and lies upside down by itself, is read again from the other side.
VOTERS = 5
DOUBTFUL = 0.9
# Lines stand in one row if their middles are closer than this share of a line's height.
SAME_ROW = 0.5
INSIDE = 0.5


@dataclass(frozen=True, slots=True)
class TextFilter:
    """Which words are wanted: `min_confidence` 0..1; boxes of at least so many pixels; where there
    are regions (polygons (n, 2), pixels), more than half inside one of them; and of those the first
    `most`."""

    min_confidence: float = 0.0
    min_box_px: tuple[float, float] = (0.0, 0.0)
    regions_px: Sequence[Float32] = ()
    most: int = MAX_WORDS

    def over(self, image: Image) -> Callable[[TextWord], bool]:
        """Tells of each word of `image` whether it is wanted."""
        masks = [self._mask(image, region) for region in self.regions_px]

        def wanted(word: TextWord) -> bool:
            return (
                word.confidence >= self.min_confidence
                and self._large_enough(word.box_px)
                and (not masks or any(mean_inside(m, word.quad_px) > INSIDE for m in masks))
            )

        return wanted

    def touches(self, image: Image) -> Callable[[Float32], bool]:
        """Tells of each quad whether any of it lies in a region, or that there are none."""
        masks = [self._mask(image, region) for region in self.regions_px]
        return lambda quad_px: not masks or any(mean_inside(m, quad_px) > 0 for m in masks)

    def _large_enough(self, box_px: Box) -> bool:
        width, height = self.min_box_px
        return box_px.width >= width and box_px.height >= height

    @staticmethod
    def _mask(image: Image, region_px: Float32) -> UInt8:
        mask = np.zeros((image.height_px, image.width_px), np.uint8)
        cv2.fillPoly(mask, [region_px.round().astype(np.int32)], 1)
        return mask


class TextAnalysis:
    """Find, turn, read, split into words, order."""

    def __init__(
        self,
        detector: TextDetector,
        direction: TextDirection,
        recogniser: TextRecogniser,
        scale: TextScale,
    ) -> None:
        self._detector = detector
        self._direction = direction
        self._recogniser = recogniser
        self._scale = scale

    @property
    def version(self) -> str:
        """Of the networks and of their confidences."""
        return self._scale.version

    def read(self, image: Image, wanted: TextFilter | None = None) -> list[TextLine]:
        """The wanted words of `image` in their lines, as one reads them. What a filter leaves
        out is as if it were not there."""
        wanted = wanted or TextFilter()
        touches, keeps = wanted.touches(image), wanted.over(image)
        places = [p for p in self._detector(image.pixels) if touches(p.quad_px)]
        lines: list[TextLine] = []
        left = wanted.most
        for place in self._in_order(image.pixels, places)[:MAX_LINES]:
            words = tuple(filter(keeps, self._words(image.pixels, place)))[:left]
            left -= len(words)
            lines += [TextLine(words)] if words else []
            if not left:
                break
        return lines

    def _words(self, pixels: UInt8, place: FoundText) -> Iterator[TextWord]:
        quad, reading = self._read(pixels, place.quad_px)
        for which, start, end in reading.words():
            text = reading.characters[which]
            confidence = self._scale.confidence(text, reading.probabilities[which], place.score)
            yield TextWord(text, confidence, part(quad, start, end))

    def _read(self, pixels: UInt8, quad_px: Float32) -> tuple[Float32, Reading]:
        """A line as it lies or, where that is doubtful and it is upside down, turned over."""
        picture = _picture(pixels, quad_px)
        reading = self._recogniser(picture)
        if reading.mean < DOUBTFUL and self._direction(picture) > 0.5:
            over = self._recogniser(np.ascontiguousarray(picture[::-1, ::-1]))
            if over.mean > reading.mean:
                return turned(quad_px, 2), over
        return quad_px, reading

    def _in_order(self, pixels: UInt8, places: Sequence[FoundText]) -> list[FoundText]:
        """Places as they are read on a page that may lie on its side or upside down."""
        if not places:
            return []
        longest = sorted(places, key=lambda place: size(place.quad_px)[0], reverse=True)[:VOTERS]
        quads = [place.quad_px for place in longest]
        over = np.mean([self._direction(_picture(pixels, quad)) for quad in quads]) > 0.5
        if over:
            places = [FoundText(turned(place.quad_px, 2), place.score) for place in places]
            quads = [turned(quad, 2) for quad in quads]
        along = np.mean([_along(quad) for quad in quads], axis=0)
        return _by_rows([_with_page(place, along) for place in places], along)


def _picture(pixels: UInt8, quad_px: Float32) -> UInt8:
    return crop(pixels, quad_px, HEIGHT_PX, MAX_WIDTH_PX)


def _along(quad_px: Float32) -> Float32:
    """The unit vector in which the text of a quad runs."""
    run = quad_px[1] + quad_px[2] - quad_px[0] - quad_px[3]
    direction: Float32 = run / max(float(np.linalg.norm(run)), 1e-6)
    return direction


def _with_page(place: FoundText, along: Float32) -> FoundText:
    """A place about as wide as tall does not tell how its text runs: as that of the page does."""
    width, height = size(place.quad_px)
    if width >= TALL * height:
        return place
    turns = [turned(place.quad_px, quarters) for quarters in range(4)]
    return FoundText(max(turns, key=lambda quad: float(_along(quad) @ along)), place.score)


def _by_rows(places: Sequence[FoundText], along: Float32) -> list[FoundText]:
    """From top to bottom, and from left to right where lines stand side by side, as seen with the
    page turned so that text runs `along`."""
    frame = np.array([along, (-along[1], along[0])])
    middles = [frame @ place.quad_px.mean(axis=0) for place in places]
    rows: list[list[int]] = []
    for i in sorted(range(len(places)), key=lambda i: float(middles[i][1])):
        height = size(places[i].quad_px)[1]
        if rows and middles[i][1] - middles[rows[-1][0]][1] < SAME_ROW * height:
            rows[-1].append(i)
        else:
            rows.append([i])
    return [places[i] for row in rows for i in sorted(row, key=lambda i: float(middles[i][0]))]
