"""Following the audit log: publish what is new, count it, and look at it for misuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Any

from beholden.oversight.published import publish
from beholden.oversight.report import report
from beholden.oversight.tally import VERSION, Tally, count, new_tally
from beholden.ports.clock import Clock
from beholden.ports.states import States
from beholden.ports.trail import PublishedLog, Trail

BATCH = 4_096
SAVE_EVERY = 20_000


@dataclass(frozen=True, slots=True)
class Publisher:
    """Adds to the published log what the audit log holds beyond it. How far it has come is the
    published log's own size, so that nothing is left out or published twice, whenever it stops.
    An entry is published once it is older than `delay`."""

    trail: Trail
    log: PublishedLog
    clock: Clock
    delay: timedelta

    def run(self) -> int:
        """Publish what is due. Returns how many entries that were. Raises AuditUnavailable."""
        published = 0
        while batch := list(islice(self._due(first := self.log.size()), BATCH)):
            if not self.log.extend(first, batch):
                break
            published += len(batch)
        return published

    def _due(self, first: int) -> Iterator[bytes]:
        until = self.clock.now() - self.delay
        for _, entry in self.trail.entries(first):
            if self.delay and datetime.fromisoformat(json.loads(entry)["at"]) > until:
                return
            yield publish(entry)


class Counter:
    """The tally of the published log, kept between starts."""

    def __init__(self, log: Trail, states: States) -> None:
        self._log = log
        self._states = states
        self._lock = Lock()
        self._tally: Tally | None = None
        self._saved = 0

    def report(self, year: int | None = None) -> dict[str, Any]:
        """The numbers of all that is published, or of one calendar year. Raises
        AuditUnavailable."""
        with self._lock:
            return report(self._counted(), year)

    def _counted(self) -> Tally:
        tally = self._tally = self._tally or self._kept()
        entries = self._log.entries(tally["entries"])
        while batch := [entry for _, entry in islice(entries, BATCH)]:
            count(tally, batch)
            if tally["entries"] - self._saved >= SAVE_EVERY:
                self._save(tally)
        return tally

    def close(self) -> None:
        """Keep what was counted."""
        with self._lock:
            if self._tally is not None and self._tally["entries"] > self._saved:
                self._save(self._tally)

    def _kept(self) -> Tally:
        kept = self._states.load("transparency")
        if kept is None or kept["version"] != VERSION or kept["entries"] > self._log.size():
            return new_tally()
        self._saved = kept["entries"]
        return kept

    def _save(self, tally: Tally) -> None:
        self._states.save("transparency", tally)
        self._saved = tally["entries"]
