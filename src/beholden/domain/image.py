"""A decoded image."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.domain.arrays import UInt8


@dataclass(frozen=True, slots=True)
class Image:
    """An upright RGB image.

    `pixels` has shape (height, width, 3), uint8, RGB, EXIF orientation applied; it may have been
    decoded at a reduced scale, so ratios (not pixels) are what leaves the service.
    `digest` is the SHA-256 of the encoded bytes: the same picture sent twice has the same digest.
    """

    pixels: UInt8
    digest: bytes

    @property
    def width_px(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.pixels.shape[0])
