"""Thumbnails of a video in which nobody can be recognised but those whom the search found."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageFilter

from beholden.cli.pictures import box_px, crop, encode
from beholden.domain.video import VideoSegment
from beholden.ports.frames import Frames

Json = Mapping[str, Any]

SLOT_MS = 200  # faces are looked for in the first frame of each
WIDTH_PX, FACE_PX = 240, 96
MARGIN = 0.25


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """`blurred` has, by media time, the boxes of faces that match nobody."""

    frames: Frames
    path: Path
    blurred: Mapping[int, Sequence[Json]]

    def at(self, times_ms: Iterable[int], within_ms: int = 1) -> Iterator[tuple[int, Image.Image]]:
        """The first frame of each time's slot, where faces were looked for; blurred are those that
        were found at less than `within_ms` from it."""
        for at_ms in times_ms:
            start = at_ms // SLOT_MS * SLOT_MS
            segment = VideoSegment(0, start, start + SLOT_MS, None, 0)
            frame = next(self.frames.read(self.path, segment), None)
            if frame is not None:
                photo = Image.fromarray(frame.image().pixels)
                for found_ms, boxes in self.blurred.items():
                    if abs(found_ms - frame.timestamp_ms) < within_ms:
                        for box in boxes:
                            blur(photo, box)
                yield at_ms, photo

    def scene(self, at_ms: int) -> str | None:
        """A whole frame as a data URL. Blurred in it is, too, whoever was found a look sooner or
        later: not every look searches all of the frame."""
        for _, photo in self.at([at_ms], 2 * SLOT_MS):
            photo.thumbnail((WIDTH_PX, WIDTH_PX))
            return data_url(photo)
        return None

    def face(self, at_ms: int, box: Json) -> str | None:
        for _, photo in self.at([at_ms]):
            face = crop(photo, box)
            face.thumbnail((FACE_PX, FACE_PX))
            return data_url(face)
        return None


def blur(photo: Image.Image, box: Json) -> None:
    """Make a face unrecognisable: a handful of grey levels is left of it, then smoothed."""
    left, top, right, bottom = box_px(box, photo.size)
    wide, high = MARGIN * (right - left), MARGIN * (bottom - top)
    area = (
        max(0, int(left - wide)),
        max(0, int(top - high)),
        min(photo.width, int(right + wide) + 1),
        min(photo.height, int(bottom + high) + 1),
    )
    if area[2] <= area[0] or area[3] <= area[1]:
        return
    part = photo.crop(area)
    coarse = part.resize((4, 4), Image.Resampling.BOX).resize(part.size, Image.Resampling.BILINEAR)
    photo.paste(coarse.filter(ImageFilter.GaussianBlur(2)), area)


def data_url(picture: Image.Image) -> str:
    jpeg = encode(picture.convert("RGB"), "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
