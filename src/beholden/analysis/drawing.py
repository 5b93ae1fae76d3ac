"""Marks in pictures for people."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from beholden.domain.geometry import Box

PAPER = "#ffffff"
QUALITY = 80


def outline(picture: Image.Image, box: Box, label: str, colour: str) -> None:
    """Frame a box (pixels), with a label above it unless that is empty."""
    draw = ImageDraw.Draw(picture)
    unit = max(2, round(max(picture.size) / 480))
    draw.rectangle((box.left, box.top, box.right, box.bottom), outline=colour, width=unit)
    if label:
        font = ImageFont.load_default(size=max(13, unit * 7))
        write_label(draw, (box.left, box.top, box.bottom), label, colour, font)


def write_label(
    draw: ImageDraw.ImageDraw,
    where: tuple[float, float, float],
    text: str,
    colour: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    *,
    taken: list[Box] | None = None,
) -> None:
    """Above the box where there is room, else below it; or as near as none of the labels `taken`
    is in the way, which this one then joins. `where` is left, top and bottom of the box, pixels."""
    _, _, width, height = draw.textbbox((0, 0), text, font=font)
    taken = [] if taken is None else taken
    place = free_place(draw.im.size, where, (width + 6, height + 4), taken)
    taken.append(place)
    draw.rectangle((place.left, place.top, place.right, place.bottom), fill=colour)
    draw.text((place.left + 3, place.top + 1), text, fill=PAPER, font=font)


def free_place(
    picture: tuple[int, int],
    where: tuple[float, float, float],
    size: tuple[float, float],
    taken: Sequence[Box],
) -> Box:
    """Where a label of `size` goes, inside the picture; above the box if every place is taken."""
    left, top, bottom = where
    width, height = size
    x, lowest = max(0.0, min(left, picture[0] - width)), max(0.0, picture[1] - height)
    rows = np.arange(0, lowest, height).tolist()
    tried = [top - height, bottom, *sorted(rows, key=lambda y: abs(y + height - top))]
    places = [Box(x, y, width, height) for y in tried if 0 <= y <= lowest]
    free = (place for place in places if not any(_meet(place, other) for other in taken))
    return next(free, places[0] if places else Box(x, 0.0, width, height))


def _meet(one: Box, other: Box) -> bool:
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom


def jpeg(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()
