"""Decoding a video while the frames decoded last are being looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Condition

from beholden.ports.frames import Frame

# As many frames as five looks a second leave between two, at 50 frames a second; but of large ones
# fewer: ten of 8K take half a gigabyte, with ten bits a sample a whole one.
AHEAD = 10
AHEAD_BYTES = 128 * 2**20


def ahead(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The same frames, decoded by a thread of its own."""
    decoded: SimpleQueue[Frame | BaseException | None] = SimpleQueue()
    room = Room()

    def decode() -> None:
        for frame in frames:
            if not room.take(frame.size_bytes):
                return
            decoded.put(frame)

    with ThreadPoolExecutor(1, "decode") as pool:
        done = pool.submit(decode)
        done.add_done_callback(lambda done: decoded.put(done.exception()))
        try:
            while (frame := decoded.get()) is not None:
                if isinstance(frame, BaseException):
                    raise frame
                room.give(frame.size_bytes)
                yield frame
        finally:
            room.close()


class Room:
    """For frames that nobody has looked at: so many, and so many bytes of them; for one always."""

    def __init__(self, frames: int = AHEAD, size_bytes: int = AHEAD_BYTES) -> None:
        self._most = (frames, size_bytes)
        self._taken = (0, 0)
        self._closed = False
        self._changed = Condition()

    def take(self, size_bytes: int) -> bool:
        """Wait until there is room for one more; False if it was closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._fits(size_bytes))
            self._add(1, size_bytes)
            return not self._closed

    def give(self, size_bytes: int) -> None:
        """One is looked at."""
        with self._changed:
            self._add(-1, -size_bytes)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _fits(self, size_bytes: int) -> bool:
        frames, taken_bytes = self._taken
        return not frames or (frames < self._most[0] and taken_bytes + size_bytes <= self._most[1])

    def _add(self, frames: int, size_bytes: int) -> None:
        self._taken = (self._taken[0] + frames, self._taken[1] + size_bytes)
        self._changed.notify_all()
