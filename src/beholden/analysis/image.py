"""From encoded bytes to upright RGB pixels. The limits hold before any pixel is decoded."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
from PIL import Image as Pillow

from beholden.domain.arrays import UInt8
from beholden.domain.errors import ImageTooLarge, InvalidImageFormat, InvalidParameter
from beholden.domain.image import Image

# The smallest face that Rekognition promises to find, 40 px in 1920x1080 and larger in a larger
# image, still has its 40 px at this size.
MAX_SIDE_PX = 1920
# Rekognition's own limit on a side, and what no photograph within its 15 MB needs more of. A PNG
# is decoded in full, a JPEG at 1/2, 1/4 or 1/8.
LIMIT_SIDE_PX = 10_000
LIMIT_PIXELS = {"JPEG": 64_000_000, "PNG": 25_000_000}
# Each scan of a progressive JPEG passes over the whole picture: encoders write about ten.
LIMIT_SCANS = 64
LIMIT_SCANNED_PIXELS = 1_000_000_000
START_OF_SCAN = b"\xff\xda"

ORIENTATION = 0x0112
UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
# What Pillow raises on broken files, by the tests on broken files.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)


class ImageDecoder:
    """Decodes JPEG and PNG. Safe to use from many threads: it keeps nothing between calls."""

    def __init__(self, max_side_px: int = MAX_SIDE_PX) -> None:
        """A JPEG is decoded at the smallest of the scales 1, 1/2, 1/4, 1/8 that leaves its longer
        side at least `max_side_px` long."""
        self._max_side_px = max_side_px

    def decode(self, data: bytes, *, max_bytes: int, min_side_px: int = 80) -> Image:
        """The picture in `data`, upright, transparent parts over white.

        Raises ImageTooLarge above `max_bytes` or the limits of this module, InvalidParameter if a
        side is shorter than `min_side_px`, InvalidImageFormat for what is not JPEG or PNG, is
        broken or ends early.
        """
        if len(data) > max_bytes:
            raise ImageTooLarge
        try:
            with Pillow.open(io.BytesIO(data), formats=("JPEG", "PNG")) as encoded:
                _check_size(encoded, min_side_px)
                _check_scans(encoded, data)
                self._reduce(encoded)
                encoded.load()
                pixels = _pixels(_upright(encoded))
        except Pillow.DecompressionBombError as error:
            raise ImageTooLarge from error
        except BROKEN as error:
            raise InvalidImageFormat from error
        return Image(pixels, hashlib.sha256(data).digest())

    def _reduce(self, encoded: Pillow.Image) -> None:
        shrink = self._max_side_px / max(encoded.size)
        if shrink < 1:
            width, height = (max(1, int(n * shrink)) for n in encoded.size)
            encoded.draft(None, (width, height))


def _check_size(encoded: Pillow.Image, min_side_px: int) -> None:
    width, height = encoded.size
    if min(width, height) < min_side_px:
        raise InvalidParameter(
            f"Request has invalid parameters. The image is {width} x {height} pixels; "
            f"the minimum is {min_side_px} for width and height."
        )
    limit = LIMIT_PIXELS["PNG" if encoded.format == "PNG" else "JPEG"]
    if max(width, height) > LIMIT_SIDE_PX or width * height > limit:
        raise ImageTooLarge(
            f"Image size is too large. Input image dimensions {width} x {height} exceed "
            f"{LIMIT_SIDE_PX} pixels a side or {limit} in all."
        )


def _check_scans(encoded: Pillow.Image, data: bytes) -> None:
    """Inside compressed data FF is always followed by 00, so FF DA there is a scan's start."""
    if encoded.format == "PNG":
        return
    scans = data.count(START_OF_SCAN)
    if scans > LIMIT_SCANS or scans * encoded.width * encoded.height > LIMIT_SCANNED_PIXELS:
        raise ImageTooLarge(f"Image size is too large. The JPEG has {scans} scans.")


def _upright(encoded: Pillow.Image) -> Pillow.Image:
    try:
        orientation = encoded.getexif().get(ORIENTATION)
    except BROKEN:
        orientation = None
    turn = UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return encoded if turn is None else encoded.transpose(turn)


def _pixels(picture: Pillow.Image) -> UInt8:
    """(height, width, 3) uint8 RGB."""
    if picture.mode.startswith("I"):
        picture = _eight_bit(picture)
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Pillow.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        picture = white
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _eight_bit(picture: Pillow.Image) -> Pillow.Image:
    """Sixteen-bit gray scaled to eight: Pillow's own conversion clips it."""
    gray = np.asarray(picture).astype(np.uint32)
    return Pillow.fromarray(((gray + 128) // 257).astype(np.uint8))
