"""Records for those who watch at this moment, in this server."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

MOST_WAITING = 100


class Watching:
    """What one watcher has not fetched yet, the newest hundred."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._turn = Condition()

    def put(self, record: bytes) -> None:
        with self._turn:
            self._waiting.append(record)
            self._turn.notify_all()

    def next(self, timeout_s: float) -> bytes | None:
        """The next record; None if none comes within that time."""
        with self._turn:
            self._turn.wait_for(lambda: self._waiting, timeout_s)
            return self._waiting.popleft() if self._waiting else None


class Feed:
    """Implements ports.live.Outlet: whoever does not watch misses it, and nothing is kept."""

    def __init__(self) -> None:
        self._watching: dict[str, list[Watching]] = {}
        self._turn = Condition()

    def put(self, stream_arn: str, key: str, record: bytes) -> None:  # noqa: ARG002
        with self._turn:
            for watching in self._watching.get(key, ()):
                watching.put(record)

    @contextmanager
    def watch(self, processor: str) -> Iterator[Watching]:
        watching = Watching()
        with self._turn:
            self._watching.setdefault(processor, []).append(watching)
        try:
            yield watching
        finally:
            with self._turn:
                self._watching[processor].remove(watching)
