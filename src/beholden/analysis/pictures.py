"""A picture of one face, for people to look at."""

from __future__ import annotations

import io

from PIL import Image as Pillow

from beholden.domain.geometry import Box
from beholden.domain.image import Image

# Of the longer side of the box: the face, its hair and ears, and little of what is around it.
MARGIN = 1.6
SIDE_PX = 256
QUALITY = 85


def face_picture(image: Image, box_px: Box) -> bytes:
    """The square around a face, at most 256 pixels a side, as JPEG."""
    half = max(box_px.width, box_px.height) * MARGIN / 2
    centre = box_px.centre
    edges = (centre.x - half, centre.y - half, centre.x + half, centre.y + half)
    picture = Pillow.fromarray(image.pixels).crop(tuple(map(round, edges)))  # type: ignore[arg-type]
    picture.thumbnail((SIDE_PX, SIDE_PX))
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()
