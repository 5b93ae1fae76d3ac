"""Media time: presentation timestamps of a stream as milliseconds since its start."""

from __future__ import annotations

import math
from fractions import Fraction

from av.video.frame import VideoFrame
from av.video.stream import VideoStream


class MediaClock:
    """Milliseconds are rounded down, exactly. A frame without a timestamp follows the one before by
    the average frame's duration."""

    def __init__(self, stream: VideoStream) -> None:
        self._unit = Fraction(stream.time_base or Fraction(1, 1000)) * 1000
        self._start = stream.start_time or 0
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._step_ms = Fraction(1000) / rate
        self._last = -self._step_ms

    def timestamp_ms(self, pts: int | None) -> int:
        """The next frame's media time."""
        self._last = self._last + self._step_ms if pts is None else (pts - self._start) * self._unit
        return math.floor(self._last)

    def end_ms(self, duration: int | None) -> int:
        """When the frame ends that was asked for last; `duration` in units of the stream."""
        return round(self._last + (duration * self._unit if duration else self._step_ms))

    def pts(self, timestamp_ms: int) -> int:
        """The latest presentation timestamp within that millisecond."""
        return self._start + math.ceil((timestamp_ms + 1) / self._unit) - 1


def quarter_turns(frame: VideoFrame) -> int:
    """How often a frame must be turned to the left to be upright, by its display matrix."""
    return round(frame.rotation / 90) % 4
