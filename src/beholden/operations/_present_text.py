"""Text to wire: TextDetections."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from beholden.domain.arrays import Float32
from beholden.domain.image import Image
from beholden.domain.text import TextLine, TextWord
from beholden.operations._present import Json, bounding_box, box_ratio, percent


def text_detections(lines: Sequence[TextLine], image: Image) -> list[Json]:
    """Every line, then the words of each: Ids count from 0, a word's ParentId is its line's."""
    shown_lines = [_shown(line, "LINE", image) for line in lines]
    shown_words = [
        _shown(word, "WORD", image) | {"ParentId": line_id}
        for line_id, line in enumerate(lines)
        for word in line.words
    ]
    return [
        detection | {"Id": number}
        for number, detection in enumerate(chain(shown_lines, shown_words))
    ]


def _shown(text: TextLine | TextWord, kind: str, image: Image) -> Json:
    return {
        "DetectedText": text.text,
        "Type": kind,
        "Confidence": percent(text.confidence),
        "Geometry": {
            "BoundingBox": bounding_box(box_ratio(text.box_px, image)),
            "Polygon": _polygon(text.quad_px, image),
        },
    }


def _polygon(quad_px: Float32, image: Image) -> list[Json]:
    return [
        {"X": round(float(x) / image.width_px, 6), "Y": round(float(y) / image.height_px, 6)}
        for x, y in quad_px
    ]
