"""Thumbnails of the worst errors, inline in the report: no file of a face is written beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence

from PIL import Image as Pillow

from beholden.analysis.image import ImageDecoder
from beholden.domain.errors import ClientError
from beholden.evaluation.lists import ImageList
from beholden.evaluation.observe import MAX_BYTES, Observation

SIDE_PX = 128
# Of the longer side of the box, around its middle: the face, and a little of what is around it.
MARGIN = 1.5


def thumbnails(
    rows: Iterable[int],
    images: ImageList,
    seen: Sequence[Observation],
    decoder: ImageDecoder,
    *,
    whole: bool = False,
) -> Mapping[int, str]:
    """Data URLs of JPEG pictures by row of the list: the face that was used, or the `whole`
    picture with its boxes' surroundings. Images that cannot be decoded have none."""
    found = {}
    for row in dict.fromkeys(rows):
        try:
            image = decoder.decode(images.paths[row].read_bytes(), max_bytes=MAX_BYTES)
        except (OSError, ClientError):
            continue
        picture = Pillow.fromarray(image.pixels)
        boxes = seen[row].boxes
        if boxes and not whole:
            picture = picture.crop(_square(*boxes[0][:4]))
        picture.thumbnail((SIDE_PX, SIDE_PX) if not whole else (SIDE_PX * 2, SIDE_PX * 2))
        found[row] = _data_url(picture)
    return found


def _square(left: float, top: float, width: float, height: float) -> tuple[int, int, int, int]:
    half = max(width, height) * MARGIN / 2
    x, y = left + width / 2, top + height / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def _data_url(picture: Pillow.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
