"""Runs jobs as they come, until it is closed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread

from beholden.jobs.notices import Notices
from beholden.jobs.runner import JobRunner

LOG = logging.getLogger(__name__)


class JobLoop:
    """One job at a time, on a thread of its own between `start` and `close`; whoever wants to know
    is told of its end.

    A job that cannot go on for reasons of this server's own leaves a line in its log, and is
    claimed again when its lease runs out.
    """

    def __init__(
        self,
        runner: JobRunner,
        notices: Notices,
        begin: Callable[[], None],
        every_s: float = 0.25,
    ) -> None:
        """`begin` takes up, before the first job, what a crash left of earlier ones."""
        self._runner = runner
        self._notices = notices
        self._begin = begin
        self._every_s = every_s
        self._closing = Event()
        self._worker = ThreadPoolExecutor(1, "job")
        self._loop = Thread(target=self._repeat, name="jobs", daemon=True)

    def start(self) -> None:
        self._begin()
        self._loop.start()

    def run(self) -> None:
        """Run now what nobody works on, and return when it is done."""
        while self._step():
            pass

    def close(self) -> None:
        """End what runs: it is left for the next start. Safe to call twice."""
        self._closing.set()
        self._runner.compute.close()
        if self._loop.is_alive():
            self._loop.join()
        self._worker.shutdown()
        self._notices.notifier.close()

    def _step(self) -> bool:
        ran = self._runner.run_one()
        self._notices.send()
        return ran

    def _repeat(self) -> None:
        while not self._closing.is_set():
            done = self._worker.submit(self._step)
            done.add_done_callback(_report)
            if done.exception() is not None or not done.result():
                self._closing.wait(self._every_s)


def _report(done: Future[bool]) -> None:
    if error := done.exception():
        LOG.error("a job was interrupted, and will be taken up again", exc_info=error)
