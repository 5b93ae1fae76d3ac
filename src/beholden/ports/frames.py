"""Decoding video: frames with their media times."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Protocol

from beholden.domain.image import Image
from beholden.domain.video import VideoPlan, VideoSegment


class Frame(Protocol):
    """One decoded frame. It holds the memory of its pixels, so only a few are kept at a time."""

    @property
    def timestamp_ms(self) -> int:
        """Media time since the start of the video, rounded down."""
        ...

    @property
    def no(self) -> int:
        """Counted from 0 in the order of display."""
        ...

    @property
    def size_bytes(self) -> int:
        """Memory that its decoded pixels take."""
        ...

    def image(self, max_side_px: int = 1920) -> Image:
        """Upright RGB, reduced if its longer side has more than `max_side_px`; converted once per
        size. `digest` is empty."""
        ...


class Frames(Protocol):
    def plan(self, path: Path, segment_ms: int) -> VideoPlan:
        """Look through the file: metadata, and segments of about `segment_ms` between key frames.
        Raises UnreadableVideo."""
        ...

    def read(
        self, path: Path, segment: VideoSegment, rates: Collection[float] | None = None
    ) -> Iterator[Frame]:
        """Every frame of a segment, in the order of display. With `rates`, the first frame of each
        slot of 1/rate s; others may be left out where that saves time, and `no` means nothing.
        What cannot be decoded is left out. Raises UnreadableVideo if the file is no video."""
        ...
