"""Marks in pictures for people."""

from __future__ import annotations

import io

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
) -> None:
    """Above the box where there is room, else below it."""
    left, top, bottom = where
    _, _, width, height = draw.textbbox((0, 0), text, font=font)
    y = top - height - 4 if top > height + 4 else bottom
    draw.rectangle((left, y, left + width + 6, y + height + 4), fill=colour)
    draw.text((left + 3, y + 1), text, fill=PAPER, font=font)


def jpeg(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()
