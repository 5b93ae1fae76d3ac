"""Starts, follows and ends sessions as the records say; a session that dies is started again."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread

from beholden.domain.errors import BeholdenError
from beholden.domain.health import StreamHealth
from beholden.domain.message import Message
from beholden.domain.stream import AT_REST, WANTED, StreamProcessor, StreamStatus
from beholden.ports.notifier import Notifier
from beholden.streams.session import End, Session, Tools

LOG = logging.getLogger(__name__)

MOST_SESSIONS = 64
MOST_FAILURES = 5
# One process looks for all: whoever was interrupted so often gets one alone, and is then the only
# one that it can take along.
ALONE_FROM = 2
# The gate is asked again with each start: a grant that ends meanwhile has 5 s, too.
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 4.0
# After so long at work, earlier failures count no more.
HELD_S = 300.0


@dataclass(slots=True)
class _Run:
    """A session under way, or waiting to be started again."""

    session_id: str | None
    session: Session
    done: Future[End]
    began: float
    failures: int = 0
    not_before: float = 0.0


class Supervisor:
    """`holder` names this server: one of them works on a processor at a time, and another takes
    over when it has not renewed its hold for `lease`."""

    def __init__(
        self,
        tools: Tools,
        notifier: Notifier,
        holder: str,
        lease: timedelta,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self._tools = tools
        self._processors = tools.processors
        self._notifier = notifier
        self._holder = holder
        self._lease = lease
        self._first_wait_s = first_wait_s
        self._renewed: dict[str, float] = {}
        self._runs: dict[str, _Run] = {}
        self._pool = ThreadPoolExecutor(MOST_SESSIONS, "stream")
        self._closing = Event()
        self._thread = Thread(target=self._repeat, name="streams", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Processors that run stay so: the next start goes on with them. Safe to call twice."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        for run in self._runs.values():
            run.session.close()
        self._pool.shutdown()
        for name in self._runs:
            self._processors.release(name, self._holder)
        self._runs.clear()

    def tick(self) -> None:
        """Bring what runs in line with the records."""
        for processor in self._processors.list():
            run = self._runs.get(processor.name)
            if run is not None and run.done.done():
                self._ended(processor, run)
            elif run is None and processor.status not in AT_REST:
                self._take_up(processor)

    def _take_up(self, processor: StreamProcessor) -> None:
        """What nobody works on, unless another server holds it."""
        if not self._holding(processor.name):
            return
        if processor.status in WANTED:
            self._begin(processor, failures=0)
        else:
            self._rest(processor, End(StreamStatus.STOPPED))

    def sessions(self) -> dict[str, Session]:
        """By processor: what is at work at this moment."""
        return {name: run.session for name, run in dict(self._runs).items() if not run.done.done()}

    def health(self) -> Sequence[StreamHealth]:
        """Of all that are at work, by name."""
        told = (session.health() for session in self.sessions().values())
        return sorted((one for one in told if one is not None), key=lambda one: one.processor)

    def _repeat(self) -> None:
        while not self._closing.wait(0.25):
            try:
                self.tick()
            except BeholdenError:
                LOG.exception("stream processors could not be followed; trying again")

    def _begin(self, processor: StreamProcessor, failures: int) -> None:
        alone = failures >= ALONE_FROM
        session = Session(self._tools, processor, self._holding, alone=alone)
        done = self._pool.submit(session.run)
        self._runs[processor.name] = _Run(
            processor.session_id, session, done, time.monotonic(), failures
        )

    def _ended(self, processor: StreamProcessor, run: _Run) -> None:
        error = run.done.exception()
        if error is None:
            del self._runs[processor.name]
            self._rest(processor, run.done.result())
            return
        if run.not_before == 0.0:
            LOG.error("the stream processor %s was interrupted", processor.name, exc_info=error)
            lasted = time.monotonic() - run.began
            run.failures = 1 if lasted >= HELD_S else run.failures + 1
            wait_s = min(self._first_wait_s * 2 ** (run.failures - 1), LONGEST_WAIT_S)
            run.not_before = time.monotonic() + wait_s
        if processor.status not in WANTED:
            del self._runs[processor.name]
            self._rest(processor, End(StreamStatus.STOPPED))
        elif run.failures >= MOST_FAILURES:
            del self._runs[processor.name]
            self._rest(processor, End(StreamStatus.FAILED, _reason(error)))
        elif time.monotonic() >= run.not_before and self._holding(processor.name):
            self._begin(processor, run.failures)

    def _rest(self, processor: StreamProcessor, end: End) -> None:
        """Write down how it ended, and tell the operator unless it was told to stop."""
        status, now = end.status, self._tools.gate.clock.now()
        if status is not None:

            def ended(current: StreamProcessor) -> StreamProcessor:
                if current.session_id != processor.session_id:
                    return current
                return current.ended(status, end.message, now)

            self._processors.change(processor.name, ended)
        self._processors.release(processor.name, self._holder)
        self._renewed.pop(processor.name, None)
        if end.message is not None:
            subject = f"The stream processor {processor.name} is {status}: {end.message}"
            body = {"processor": processor.name, "camera": processor.camera, "status": status}
            message_id = self._tools.gate.new_id()
            self._notifier.send(Message(message_id, now, subject, body | {"why": end.message}))

    def _holding(self, name: str) -> bool:
        """Renewed at a third of the lease: the records need not hear of it every second."""
        now = time.monotonic()
        if now - self._renewed.get(name, -1e9) < self._lease.total_seconds() / 3:
            return True
        held = self._processors.hold(name, self._holder, self._lease)
        if held:
            self._renewed[name] = now
        return held


def _reason(error: BaseException) -> str:
    """Words for people: never those of an error that nobody meant to show."""
    told = str(error) if isinstance(error, BeholdenError) else type(error).__name__
    return f"It was interrupted {MOST_FAILURES} times: {told}"
