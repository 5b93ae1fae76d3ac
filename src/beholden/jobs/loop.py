"""Runs jobs as they come, until it is closed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock, Thread

from beholden.domain.job import Claim
from beholden.jobs.notices import Notices
from beholden.jobs.runner import JobRunner

LOG = logging.getLogger(__name__)


class JobLoop:
    """Up to `at_once` runs of jobs, each on a thread of its own between `start` and `close`;
    whoever wants to know is told of the jobs' ends.

    Jobs that cannot go on for reasons of this server's own leave a line in its log, and are claimed
    again when their leases run out.
    """

    def __init__(
        self,
        runner: JobRunner,
        notices: Notices,
        begin: Callable[[], None],
        at_once: int = 1,
        every_s: float = 0.25,
    ) -> None:
        """`begin` takes up, before the first job, what a crash left of earlier ones."""
        self._runner = runner
        self._notices = notices
        self._begin = begin
        self._every_s = every_s
        self._closing = Event()
        self._looking = Lock()
        self._workers = ThreadPoolExecutor(at_once, "job")
        self._loops = [
            Thread(target=self._repeat, name=f"jobs {n}", daemon=True) for n in range(at_once)
        ]

    def start(self) -> None:
        self._begin()
        for loop in self._loops:
            loop.start()

    def run(self) -> None:
        """Run now what nobody works on, and return when it is done."""
        while (claim := self._runner.claim()) and not self._closing.is_set():
            self._runner.run(claim)
            self._notices.send()

    def close(self) -> None:
        """End what runs: it is left for the next start. Safe to call twice."""
        self._closing.set()
        self._runner.compute.close()
        for loop in self._loops:
            if loop.is_alive():
                loop.join()
        self._workers.shutdown()
        self._notices.notifier.close()

    def _repeat(self) -> None:
        while not self._closing.is_set():
            done = self._workers.submit(self._next)
            done.add_done_callback(_report)
            if done.exception() is not None:
                self._closing.wait(self._every_s)

    def _next(self) -> None:
        with self._looking:
            claim = self._look()
        if claim is not None:
            self._runner.run(claim)

    def _look(self) -> Claim | None:
        """The next job, as soon as there is one; None if the loop is closed meanwhile. One thread
        looks at a time: the others wait to be the next."""
        while not self._closing.is_set():
            self._notices.send()
            if claim := self._runner.claim():
                return claim
            self._closing.wait(self._every_s)
        return None


def _report(done: Future[None]) -> None:
    if error := done.exception():
        LOG.error("jobs were interrupted, and will be taken up again", exc_info=error)
