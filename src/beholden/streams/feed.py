"""What is found, and the pictures of it, for those who watch at this moment, in this server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition
from typing import Generic, TypeVar

MOST_WAITING = 100
# Threads that wait for watchers, so that these hold up no other request.
_WAITERS = ThreadPoolExecutor(128, "watching")
T = TypeVar("T")


class Watching(Generic[T]):
    """What one watcher has not fetched yet: the newest `most`."""

    def __init__(self, most: int) -> None:
        self._waiting: deque[T] = deque(maxlen=most)
        self._turn = Condition()

    def put(self, one: T) -> None:
        with self._turn:
            self._waiting.append(one)
            self._turn.notify_all()

    def next(self, timeout_s: float) -> T | None:
        """The next one; None if none comes within that time."""
        with self._turn:
            self._turn.wait_for(lambda: self._waiting, timeout_s)
            return self._waiting.popleft() if self._waiting else None

    async def soon(self, timeout_s: float) -> T | None:
        """As `next`, on a thread that no request needs."""
        return await asyncio.get_running_loop().run_in_executor(_WAITERS, self.next, timeout_s)


class Audience(Generic[T]):
    """Whoever watches a processor: who does not misses it, and nothing is kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._watching: dict[str, list[Watching[T]]] = {}
        self._turn = Condition()

    def show(self, processor: str, one: T) -> None:
        with self._turn:
            for watching in self._watching.get(processor, ()):
                watching.put(one)

    def there(self, processor: str) -> bool:
        """Whether anybody watches."""
        return bool(self._watching.get(processor))

    @contextmanager
    def watch(self, processor: str) -> Iterator[Watching[T]]:
        watching = Watching[T](self._most)
        with self._turn:
            self._watching.setdefault(processor, []).append(watching)
        try:
            yield watching
        finally:
            with self._turn:
                self._watching[processor].remove(watching)


class Feed(Audience[bytes]):
    """Implements ports.live.Outlet."""

    def __init__(self) -> None:
        super().__init__(MOST_WAITING)

    def put(self, stream_arn: str, key: str, record: bytes) -> None:  # noqa: ARG002
        self.show(key, record)
