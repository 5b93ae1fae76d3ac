"""Pictures for people: annotated photos and contact sheets."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from beholden.analysis.drawing import PAPER, write_label
from beholden.domain.errors import OperatorError
from beholden.domain.geometry import Box

MAX_BYTES = 5_242_880
MAX_SIDE_PX = 4096
MATCH, OTHER, INK = "#0a7d4f", "#b3261e", "#1c1c1c"
TILE_PX = 220
LEAST_FONT_PX = 11


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a contact sheet and the lines under it."""

    picture: Image.Image
    lines: Sequence[str]


def request_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The file, or a smaller JPEG of it where it is larger than a request may carry."""
    try:
        data = path.read_bytes()
        if len(data) <= max_bytes:
            return data
        photo = open_upright(path)
        photo.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
        return encode(photo, "JPEG", quality=92)
    except (OSError, Image.DecompressionBombError) as error:
        raise OperatorError(f"{path} cannot be read: {error}") from error


def open_upright(path: Path) -> Image.Image:
    """The photo as people see it: RGB, EXIF orientation applied."""
    try:
        with Image.open(path) as photo:
            return ImageOps.exif_transpose(photo).convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise OperatorError(f"{path} cannot be read: {error}") from error


def encode(picture: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def annotate(photo: Image.Image, faces: Iterable[tuple[Mapping[str, Any], str, str]]) -> None:
    """Draw each (what holds a BoundingBox, label, colour) into the photo: its Polygon or box, and
    landmarks; then the labels, none over another."""
    draw = ImageDraw.Draw(photo)
    unit = max(2, round(max(photo.size) / 400))
    marks, taken = list(faces), list[Box]()
    # Lines of a page stand close: what is said of them is no higher than they are.
    usual_px = median([m["BoundingBox"]["Height"] * photo.height for m, _, _ in marks] or [0])
    font = ImageFont.load_default(size=max(LEAST_FONT_PX, min(unit * 7, 0.7 * usual_px)))
    for face, _, colour in marks:
        left, top, right, bottom = box_px(face["BoundingBox"], photo.size)
        if "Polygon" in face:
            corners = [(p["X"] * photo.width, p["Y"] * photo.height) for p in face["Polygon"]]
            draw.polygon(corners, outline=colour, width=unit)
        else:
            draw.rectangle((left, top, right, bottom), outline=colour, width=unit)
        for point in face.get("Landmarks", ()):
            x, y = point["X"] * photo.width, point["Y"] * photo.height
            dot = max(1.0, min(unit, (right - left) / 60))
            draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=colour)
    for face, label, colour in marks:
        left, top, _, bottom = box_px(face["BoundingBox"], photo.size)
        write_label(draw, (left, top, bottom), label, colour, font, taken=taken)


def caption(photo: Image.Image, lines: Sequence[str]) -> None:
    """Write lines of text into the lower left corner, for what has no place in the picture."""
    draw = ImageDraw.Draw(photo)
    size = max(12, round(max(photo.size) / 50))
    font = ImageFont.load_default(size=size)
    top = photo.height - len(lines) * (size + 6)
    for n, line in enumerate(lines):
        y = max(0, top) + n * (size + 6)
        width = draw.textlength(line, font=font)
        draw.rectangle((0, y, width + 8, y + size + 6), fill=INK)
        draw.text((4, y + 1), line, fill=PAPER, font=font)


def box_px(box: Mapping[str, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom in pixels of a picture of `size`."""
    width, height = size
    left, top = box["Left"] * width, box["Top"] * height
    return left, top, left + box["Width"] * width, top + box["Height"] * height


def crop(photo: Image.Image, box: Mapping[str, float]) -> Image.Image:
    """The face with a margin around it."""
    left, top, right, bottom = box_px(box, photo.size)
    margin = 0.35 * max(right - left, bottom - top)
    return photo.crop((left - margin, top - margin, right + margin, bottom + margin))


def contact_sheet(tiles: Sequence[Tile], columns: int = 5) -> Image.Image:
    """Tiles in rows, each with its lines of text below the picture."""
    font = ImageFont.load_default(size=15)
    lines = max(len(tile.lines) for tile in tiles)
    cell_w, cell_h = TILE_PX + 20, TILE_PX + 24 + 20 * lines
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * cell_w + 20, rows * cell_h + 20), PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, tile in enumerate(tiles):
        x, y = 20 + place % columns * cell_w, 20 + place // columns * cell_h
        sheet.paste(ImageOps.fit(tile.picture, (TILE_PX, TILE_PX)), (x, y))
        for n, line in enumerate(tile.lines):
            draw.text((x, y + TILE_PX + 6 + 20 * n), line, fill=INK, font=font)
    return sheet


def save(picture: Image.Image, path: Path) -> None:
    """Write the picture; raises OperatorError if the path cannot be written or names no format."""
    try:
        picture.save(path)
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path} cannot be written: {error}. Name a .png or .jpg.") from error
