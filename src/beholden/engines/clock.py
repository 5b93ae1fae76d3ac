"""The machine's clock, and one that does not go back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from beholden.ports.clock import Clock


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SteadyClock:
    """A clock that never goes back: what has ended stays ended, whoever sets the machine's clock.

    It follows `wall`, and where that falls behind what was seen before, goes on by itself at the
    rate of `monotonic`. `floor` is a time that has certainly passed, such as that of the last
    record in the log: a clock that was set back while the server was down is found out by it.
    """

    def __init__(
        self,
        wall: Clock,
        floor: datetime | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._turn = Lock()
        self._latest = max(wall.now(), floor or datetime.min.replace(tzinfo=UTC))
        self._seen_at = monotonic()

    def now(self) -> datetime:
        with self._turn:
            seen_at = self._monotonic()
            passed = timedelta(seconds=seen_at - self._seen_at)
            self._latest = max(self._wall.now(), self._latest + passed)
            self._seen_at = seen_at
            return self._latest
