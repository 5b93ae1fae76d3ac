"""Pictures of the worst errors, inline in the report: no file of a face is written beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence

from PIL import Image as Pillow
from PIL import ImageDraw

from beholden.analysis.image import ImageDecoder
from beholden.domain.errors import ClientError
from beholden.evaluation.lists import ImageList
from beholden.evaluation.observe import MAX_BYTES, Observation
from beholden.evaluation.strays import Mark, Verdict

FACE_PX, WHOLE_PX = 128, 512
COLOURS = {Verdict.RIGHT: "#0a7d4f", Verdict.WRONG: "#c8102e", Verdict.MISSED: "#ffb000"}
# Of the longer side of the box, around its middle: the face, and a little of what is around it.
MARGIN = 1.5


def thumbnails(
    shown: Mapping[int, Sequence[Mark]],
    images: ImageList,
    seen: Sequence[Observation],
    decoder: ImageDecoder,
) -> Mapping[int, str]:
    """Data URLs of JPEG pictures by row of the list: the face that was used or, where there are
    marks, the whole picture with them. Images that cannot be decoded have none."""
    found = {}
    for row, marks in shown.items():
        try:
            image = decoder.decode(images.paths[row].read_bytes(), max_bytes=MAX_BYTES)
        except (OSError, ClientError):
            continue
        picture = Pillow.fromarray(image.pixels)
        boxes = seen[row].boxes
        if boxes:
            picture = picture.crop(_square(*boxes[0][:4]))
        picture.thumbnail((WHOLE_PX, WHOLE_PX) if marks else (FACE_PX, FACE_PX))
        _draw(picture, marks)
        found[row] = _data_url(picture)
    return found


def _draw(picture: Pillow.Image, marks: Sequence[Mark]) -> None:
    draw = ImageDraw.Draw(picture)
    for mark in marks:
        corners = [(x * picture.width, y * picture.height) for x, y in mark.corners]
        draw.polygon(corners, outline=COLOURS[mark.verdict], width=2)


def _square(left: float, top: float, width: float, height: float) -> tuple[int, int, int, int]:
    half = max(width, height) * MARGIN / 2
    x, y = left + width / 2, top + height / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def _data_url(picture: Pillow.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
