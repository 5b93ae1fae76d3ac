"""Videos drawn by code: a public-domain portrait that moves over a grey background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from skimage.data import astronaut


def portrait_at(left: int, *, size: int = 240, shape: tuple[int, int] = (360, 480)) -> Any:
    """The portrait, `size` pixels wide, with its left edge at `left`; it may leave the frame."""
    frame = np.full((*shape, 3), 128, np.uint8)
    portrait = np.asarray(Image.fromarray(astronaut()).resize((size, size)))
    first, last = max(0, left), min(shape[1], left + size)
    if first < last:
        frame[40 : 40 + size, first:last] = portrait[:, first - left : last - left]
    return frame


def empty(shape: tuple[int, int] = (360, 480)) -> Any:
    return np.full((*shape, 3), 128, np.uint8)


def crossing(seconds: int, fps: int, on_screen: Callable[[float], bool]) -> Iterator[Any]:
    """Frames in which the portrait drifts to the right while it is on screen."""
    for no in range(seconds * fps):
        at = no / fps
        yield portrait_at(int(20 + 200 * at / seconds)) if on_screen(at) else empty()


def write(
    path: Path,
    frames: Iterator[Any],
    fps: int = 25,
    codec: str = "libx264",
    *,
    times_ms: list[int] | None = None,
    rotation: int = 0,
    keys_every: int = 25,
) -> Path:
    """Encode (h, w, 3) uint8 RGB frames; `times_ms` gives them times that are not evenly spaced."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = keys_every
        if rotation:
            stream.set_display_rotation(rotation)
        for no, pixels in enumerate(frames):
            if no == 0:
                stream.height, stream.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = times_ms[no] if times_ms else no * 1000 // fps
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
