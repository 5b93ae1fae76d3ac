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
DAYS_KEPT = 60


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

    def run(self) -> int:
        """Count what is new. Returns how many entries that were. Raises AuditUnavailable."""
        before: int = self.report()["entries"]
        entries = self._log.entries(before)
        while batch := [entry for _, entry in islice(entries, BATCH)]:
            with self._lock:
                count(self._restored(), batch)
                self._save(SAVE_EVERY)
        after: int = self.report()["entries"]
        return after - before

    def report(self, year: int | None = None) -> dict[str, Any]:
        """The numbers of all that was counted, or of one calendar year."""
        with self._lock:
            return report(self._restored(), year)

    def close(self) -> None:
        """Keep what was counted. Safe to call twice."""
        with self._lock:
            self._save(1)

    def _restored(self) -> Tally:
        if self._tally is None:
            kept = self._states.load("transparency")
            if kept is None or kept["version"] != VERSION or kept["entries"] > self._log.size():
                kept = new_tally()
            self._tally, self._saved = kept, kept["entries"]
        tally: Tally = self._tally
        return tally

    def _save(self, least: int) -> None:
        if self._tally is not None and self._tally["entries"] - self._saved >= least:
            self._states.save("transparency", self._tally)
            self._saved = self._tally["entries"]


class Feed:
    """The checkpoints of both logs, the last one of each day."""

    def __init__(self, trail: Trail, log: Trail, clock: Clock, states: States) -> None:
        self._trail = trail
        self._log = log
        self._clock = clock
        self._states = states

    def run(self) -> None:
        """Note the newest, if the published log has grown. Raises AuditUnavailable."""
        known, size = self.days(), self._log.size()
        if known and known[-1]["entries"] == size:
            return
        now = self._clock.now()
        newest: dict[str, Any] = {
            "at": now.isoformat(timespec="seconds"),
            "entries": size,
            "published": self._log.head(),
            "audit": self._trail.head(),
        }
        earlier = [day for day in known if day["at"][:10] != newest["at"][:10]]
        self._states.save("checkpoints", {"days": [*earlier, newest][-DAYS_KEPT:]})

    def days(self) -> list[dict[str, Any]]:
        """The oldest first: {at, entries, published, audit}, the last two signed notes."""
        return list((self._states.load("checkpoints") or {"days": []})["days"])
