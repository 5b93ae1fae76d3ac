"""One pass over a part of a video: each frame is decoded once and shown to whoever wants it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from beholden.analysis.ahead import ahead
from beholden.domain.video import slot
from beholden.ports.frames import Frame

Json = dict[str, Any]


class Observer(Protocol):
    """One analysis at work on one segment of a video."""

    @property
    def per_second(self) -> float | None:
        """How many frames it wants of each second of media; None for every frame."""
        ...

    def see(self, frame: Frame) -> None:
        """The next frame, in the order of display."""
        ...

    def part(self) -> Json:
        """What was found, as JSON, once all frames were seen."""
        ...


def observe(frames: Iterable[Frame], before_ms: int | None, observers: Sequence[Observer]) -> int:
    """Show the frames of a segment around; returns how many there were. `before_ms` is the time of
    the frame before the first, None where there is none."""
    count = 0
    for frame in ahead(frames):
        for observer in observers:
            if due(frame.timestamp_ms, before_ms, observer.per_second):
                observer.see(frame)
        before_ms = frame.timestamp_ms
        count += 1
    return count


def due(at_ms: int, before_ms: int | None, per_second: float | None) -> bool:
    """Whether a frame is the first in its slot of 1/`per_second`, counted from the video's start.
    What is chosen depends on media time alone, however the video was cut for the work."""
    if per_second is None or before_ms is None:
        return True
    return slot(at_ms, per_second) > slot(before_ms, per_second)


def rates_of(observers: Iterable[Observer]) -> frozenset[float] | None:
    """What to ask of ports.frames.Frames.read: how many frames a second; None for every frame."""
    rates = {observer.per_second for observer in observers}
    return None if None in rates else frozenset(rate for rate in rates if rate is not None)
