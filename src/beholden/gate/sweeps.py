"""What a deployment does by itself, by the clock: through the gate, so that it is logged like all
that people do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread

from beholden.domain.access import Principal
from beholden.gate.gate import Gate
from beholden.ports.clock import Clock

logger = logging.getLogger(__name__)

# No key can carry this role: it is the server's own.
SYSTEM = Principal("beholden", "system", "housekeeping", "")


@dataclass(frozen=True, slots=True)
class Sweep:
    """An operation without parameters, called whenever `due(now)` says that there is something for
    it to do. `due` is asked every few seconds, so it must be cheap; what it finds is not logged."""

    operation: str
    due: Callable[[datetime], bool]


class Sweeper:
    """Runs what is due, one after the other, on a thread of its own between `start` and `close`.

    A sweep that fails leaves its record and a line in the server's log, holds up no other, and is
    tried again the next time.
    """

    def __init__(
        self, gate: Gate, clock: Clock, sweeps: Sequence[Sweep], every_s: float = 5.0
    ) -> None:
        self._gate = gate
        self._clock = clock
        self._sweeps = sweeps
        self._every_s = every_s
        self._closing = Event()
        self._worker = ThreadPoolExecutor(1, "sweep")
        self._loop = Thread(target=self._repeat, name="sweeper", daemon=True)

    def start(self) -> None:
        self._loop.start()

    def run(self) -> None:
        """Run now what is due, and return when it is done."""
        for sweep in self._sweeps:
            done = self._worker.submit(self._run, sweep)
            done.add_done_callback(_report)
            done.exception()  # waits

    def close(self) -> None:
        """Let what runs finish. Safe to call twice."""
        self._closing.set()
        if self._loop.is_alive():
            self._loop.join()
        self._worker.shutdown()

    def _repeat(self) -> None:
        while not self._closing.wait(self._every_s):
            self.run()

    def _run(self, sweep: Sweep) -> None:
        if sweep.due(self._clock.now()):
            self._gate.call(SYSTEM, sweep.operation, {})


def _report(done: Future[None]) -> None:
    if error := done.exception():
        logger.error("a sweep failed, and will be tried again", exc_info=error)
