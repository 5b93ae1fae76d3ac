"""What a server does by itself, again and again, in the background."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread

logger = logging.getLogger(__name__)


class Loop:
    """Runs each step, one after the other, every `every_s` seconds between `start` and `close`.

    A step that fails leaves a line in the server's log, which calls it by the `name` of the loop,
    and is run again the next time; the others run all the same.
    """

    def __init__(self, name: str, steps: Sequence[Callable[[], object]], every_s: float) -> None:
        self._name = name
        self._steps = steps
        self._every_s = every_s
        self._closing = Event()
        self._worker = ThreadPoolExecutor(1, name)
        self._thread = Thread(target=self._repeat, name=f"{name} loop", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def run(self) -> None:
        """Run every step now, and return when they are done."""
        for step in self._steps:
            done = self._worker.submit(step)
            done.add_done_callback(self._report)
            done.exception()  # waits

    def close(self) -> None:
        """Let what runs finish. Safe to call twice."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._worker.shutdown()

    def _repeat(self) -> None:
        self.run()
        while not self._closing.wait(self._every_s):
            self.run()

    def _report(self, done: Future[object]) -> None:
        if error := done.exception():
            logger.error("%s failed, and will be tried again", self._name, exc_info=error)
