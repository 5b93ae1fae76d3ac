"""A camera that shows what a test puts before it, a receiver that can be away, and a disk that can
be full."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Condition

from beholden.domain.arrays import UInt8
from beholden.domain.errors import NotTaken
from beholden.domain.fragment import Fragment
from beholden.domain.image import Image


@dataclass(frozen=True)
class FakeLiveFrame:
    picture: Image
    timestamp_ms: int
    received_at: datetime
    no: int = 0
    offset_s: float = 0.0

    @property
    def fragment(self) -> Fragment:
        return Fragment(1, self.received_at, self.received_at)

    @property
    def size_bytes(self) -> int:
        return self.picture.pixels.nbytes

    def image(self, max_side_px: int = 1920) -> Image:  # noqa: ARG002
        return self.picture


class FakeSource:
    """`trouble` is what the test says it is; an exception that was put there is raised instead of
    a frame."""

    def __init__(self) -> None:
        self._waiting: deque[FakeLiveFrame | Exception] = deque()
        self._turn = Condition()
        self.dropped = 0
        self.connections = 1
        self.trouble: str | None = None
        self.closed = False

    def put(self, frame: FakeLiveFrame | Exception) -> None:
        with self._turn:
            self._waiting.append(frame)
            self._turn.notify_all()

    def next(self, timeout_s: float) -> FakeLiveFrame | None:
        with self._turn:
            self._turn.wait_for(lambda: self._waiting, timeout_s)
            found = self._waiting.popleft() if self._waiting else None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self.closed = True


class FakeSources:
    """Each opening gives a new source; `opened` are all of them, and `before` waits in each."""

    def __init__(self, *before: FakeLiveFrame | Exception) -> None:
        self._before = before
        self.opened: list[FakeSource] = []

    def open(self, source: str, per_second: float) -> FakeSource:  # noqa: ARG002
        made = FakeSource()
        for frame in self._before:
            made.put(frame)
        self.opened.append(made)
        return made


@dataclass
class FakeOutlet:
    """Keeps what it took, unless it is away."""

    away: bool = False
    taken: list[bytes] = field(default_factory=list)

    def put(self, stream_arn: str, key: str, record: bytes) -> None:  # noqa: ARG002
        if self.away:
            raise NotTaken("away")
        self.taken.append(record)


@dataclass
class FakeClip:
    """Writes how many pictures it has, and fails once `full` says so."""

    path: Path
    size: tuple[int, int]
    full: Callable[[], bool]
    at_ms: list[int] = field(default_factory=list)

    def add(self, pixels: UInt8, at_ms: int) -> None:
        if self.full():
            raise NotTaken("full")
        if pixels.shape[1::-1] != self.size:
            raise ValueError(pixels.shape)
        self.at_ms.append(at_ms)

    def close(self) -> None:
        self.path.write_text(str(len(self.at_ms)))


@dataclass
class FakeClips:
    """`opened` are all clips."""

    full: bool = False
    opened: list[FakeClip] = field(default_factory=list)

    def open(self, path: Path, width_px: int, height_px: int) -> FakeClip:
        path.touch()
        self.opened.append(FakeClip(path, (width_px, height_px), lambda: self.full))
        return self.opened[-1]
