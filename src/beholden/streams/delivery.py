"""Records on their way out: in order, kept while a receiver is away, up to a stated bound."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from threading import Condition, Thread
from typing import Any

from beholden.domain.errors import NotTaken
from beholden.ports.live import Outlet

LOG = logging.getLogger(__name__)

# Three minutes of five records a second.
MOST_WAITING = 1000
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 10.0


class Line:
    """The way to one receiver, on a thread of its own. When it is full, the oldest record goes."""

    def __init__(self, outlet: Outlet, stream_arn: str, key: str, most: int = MOST_WAITING) -> None:
        self._outlet = outlet
        self._stream_arn = stream_arn
        self._key = key
        self._most = most
        self._waiting: deque[bytes] = deque()
        self._turn = Condition()
        self._closed = False
        self.dropped = 0
        self.delivered = 0
        self._thread = Thread(target=self._run, name="records", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many are not delivered yet."""
        return len(self._waiting)

    def put(self, record: bytes) -> None:
        """Never waits."""
        with self._turn:
            if len(self._waiting) >= self._most:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(record)
            self._turn.notify_all()

    def flush(self, timeout_s: float) -> None:
        """Wait until all are delivered, or until then."""
        with self._turn:
            self._turn.wait_for(lambda: not self._waiting, timeout_s)

    def close(self) -> None:
        """What still waits is dropped, and counted."""
        with self._turn:
            self._closed = True
            self.dropped += len(self._waiting)
            self._waiting.clear()
            self._turn.notify_all()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                record = self._waiting[0]
            try:
                self._outlet.put(self._stream_arn, self._key, record)
            except NotTaken as reason:
                LOG.warning("%s: a record was not taken: %s", self._key, reason)
                with self._turn:
                    self._turn.wait_for(lambda: self._closed, wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
                continue
            wait_s = FIRST_WAIT_S
            with self._turn:
                self.delivered += 1
                if self._waiting and self._waiting[0] is record:
                    self._waiting.popleft()
                self._turn.notify_all()


class Delivery:
    """All receivers of one processor's records. One that is away holds up no other."""

    def __init__(self, outlets: Sequence[Outlet], stream_arn: str, key: str) -> None:
        self._lines = [Line(outlet, stream_arn, key) for outlet in outlets]

    def put(self, record: Mapping[str, Any]) -> None:
        data = json.dumps(record, separators=(",", ":")).encode()
        for line in self._lines:
            line.put(data)

    def flush(self, timeout_s: float) -> None:
        for line in self._lines:
            line.flush(timeout_s)

    def close(self) -> None:
        for line in self._lines:
            line.close()

    @property
    def waiting(self) -> int:
        return sum(line.waiting for line in self._lines)

    @property
    def dropped(self) -> int:
        return sum(line.dropped for line in self._lines)
