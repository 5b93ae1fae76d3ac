"""Live pictures in, records out. Cameras are opened in a worker process only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from beholden.domain.arrays import UInt8
from beholden.domain.fragment import Fragment
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.look import SeenFace
from beholden.ports.frames import Frame


class LiveFrame(Frame, Protocol):
    """`timestamp_ms` counts from when the source was opened, by a clock that never jumps."""

    @property
    def received_at(self) -> datetime: ...

    @property
    def fragment(self) -> Fragment: ...

    @property
    def offset_s(self) -> float:
        """Since the beginning of its fragment."""
        ...


class LiveSource(Protocol):
    """An open camera. It reconnects by itself, each time after a longer wait, for as long as it is
    open; what nobody fetched in time is dropped, the oldest first."""

    def next(self, timeout_s: float) -> LiveFrame | None:
        """The next frame to look at; None if there is none within that time."""
        ...

    @property
    def dropped(self) -> int:
        """How many frames nobody fetched in time."""
        ...

    @property
    def connections(self) -> int:
        """How often it was connected: more than once after an interruption."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why there is no picture at this moment; None while there is."""
        ...

    def close(self) -> None:
        """Safe to call twice."""
        ...


class LiveSources(Protocol):
    def open(self, source: str, per_second: float) -> LiveSource:
        """Begin to read a source, of which so many frames a second are looked at. It need not be
        there yet. Raises InvalidParameter for one of no known kind."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A live picture that was looked at elsewhere, and what was `found` in it.

    `timestamp_ms` counts from when the camera was opened, by a clock that never jumps; `offset_s`
    from the beginning of its fragment. `picture` and `possible_faces` (pixels) ask for more about
    it, until the next one is looked at.
    """

    timestamp_ms: int
    received_at: datetime
    fragment: Fragment
    offset_s: float
    found: Mapping[str, Any]
    picture: Callable[[], Image]
    possible_faces: Callable[[], tuple[Box, ...]]


class Outlet(Protocol):
    """Where a processor's records go."""

    def put(self, stream_arn: str, key: str, record: bytes) -> None:
        """Deliver one. Raises NotTaken if the receiver did not take it on: it may be tried
        again."""
        ...


class Screen(Protocol):
    """Where people see what a processor sees."""

    def show(self, seen: Seen, faces: tuple[SeenFace, ...]) -> None:
        """A look, and every face in it. Never waits for whoever watches, and holds no picture for
        longer than until the next."""
        ...

    def close(self, *, keep: bool) -> None:
        """Nothing follows. Whether what is being recorded is kept, or dropped."""
        ...

    def summary(self) -> Mapping[str, object]:
        """What was kept, for the log."""
        ...


class Clip(Protocol):
    """A video file that is being written. Raises NotTaken where it cannot be."""

    def add(self, pixels: UInt8, at_ms: int) -> None:
        """The next picture, (h, w, 3) RGB, of the size that it was opened with; `at_ms` grows."""
        ...

    def close(self) -> None:
        """The file is whole now."""
        ...


class Clips(Protocol):
    def open(self, path: Path, width_px: int, height_px: int) -> Clip:
        """Begin one. Raises NotTaken."""
        ...
