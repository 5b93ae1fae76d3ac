"""Video files, written picture by picture through FFmpeg's encoders (PyAV): H.264 in MP4."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av

from beholden.domain.arrays import UInt8
from beholden.domain.errors import NotTaken

UNIT = Fraction(1, 1000)
# Constant quality; one thread, since the cameras share the machine with what looks at them.
OPTIONS = {"preset": "veryfast", "crf": "26", "threads": "1"}


class Mp4Clips:
    """Implements ports.live.Clips."""

    def open(self, path: Path, width_px: int, height_px: int) -> Mp4Clip:
        return Mp4Clip(path, width_px, height_px)


class Mp4Clip:
    """Implements ports.live.Clip. Sides are cut to even numbers, as the encoder wants them."""

    def __init__(self, path: Path, width_px: int, height_px: int) -> None:
        self._size = (height_px // 2 * 2, width_px // 2 * 2)
        with _writing():
            self._container = av.open(str(path), "w", format="mp4")
            self._stream = self._container.add_stream("libx264", options=OPTIONS)
        self._stream.pix_fmt = "yuv420p"
        self._stream.height, self._stream.width = self._size
        self._stream.codec_context.time_base = self._stream.time_base = UNIT

    def add(self, pixels: UInt8, at_ms: int) -> None:
        height, width = self._size
        frame = av.VideoFrame.from_ndarray(pixels[:height, :width], format="rgb24")
        frame.pts, frame.time_base = at_ms, UNIT
        with _writing():
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        with _writing(), closing(self._container):
            self._container.mux(self._stream.encode())


@contextmanager
def _writing() -> Iterator[None]:
    """Raises NotTaken."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise NotTaken(f"A video cannot be written: {error.strerror}.") from error
