"""Holding on to a claim while somebody works under it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from beholden.domain.errors import ClaimLost, ServerError
from beholden.domain.job import Claim
from beholden.ports.jobs import JobQueue

LOG = logging.getLogger(__name__)

# A lease is renewed so often within its term, so that one late renewal loses nothing.
RENEWALS = 3


class Lease:
    """`seconds` is how long a claim holds without being renewed."""

    def __init__(self, queue: JobQueue, seconds: float) -> None:
        self._queue = queue
        self.term = timedelta(seconds=seconds)

    @contextmanager
    def kept(self, claim: Claim) -> Iterator[None]:
        """Renew it from a thread of its own. Whoever works notices with their next write that it
        was lost."""
        done = Event()
        thread = Thread(target=self._keep, args=(claim, done), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _keep(self, claim: Claim, done: Event) -> None:
        while not done.wait(self.term.total_seconds() / RENEWALS):
            try:
                self._queue.renew(claim, self.term)
            except ClaimLost:
                return
            except ServerError:
                LOG.exception("job %s: its lease was not renewed", claim.job.job_id)
