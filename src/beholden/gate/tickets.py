"""A way in for browsers, which cannot sign: whoever was allowed something gets a ticket for it.

A ticket opens one visit, once, within a minute. What it stands for is a grant that the gate stored,
and whoever serves the visit asks the gate for it again, for as long as the visit lasts. Both are
random and in memory only: they stand in no log, and a restart ends them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from threading import Lock
from typing import Any

from beholden.domain.errors import AccessDenied

Allowed = Mapping[str, Any]

GOOD_FOR_S = 60.0
# The oldest goes when there are more.
MOST = 1000
_NO_TICKET = "ticket: it was used, or is older than a minute; ask for another"
_NO_VISIT = "visit: there is none, or it has ended; open it with a ticket"


class Tickets:
    """Timed by a clock that nobody can set."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tickets: dict[str, tuple[Allowed, float]] = {}
        self._visits: dict[str, Allowed] = {}
        self._turn = Lock()

    def issue(self, allowed: Allowed) -> str:
        ticket = token_urlsafe(32)
        with self._turn:
            _keep(self._tickets, ticket, (allowed, self._monotonic() + GOOD_FOR_S))
        return ticket

    def redeem(self, ticket: str) -> tuple[str, Allowed]:
        """Use a ticket up: the visit that it opens, and what is allowed there. Raises
        AccessDenied."""
        with self._turn:
            allowed, until = self._tickets.pop(ticket, ({}, 0.0))
            if self._monotonic() >= until:
                raise AccessDenied(_NO_TICKET)
            visit = token_urlsafe(32)
            _keep(self._visits, visit, allowed)
            return visit, allowed

    def allowed(self, visit: str) -> Allowed:
        """What is allowed there. Raises AccessDenied."""
        with self._turn:
            if visit not in self._visits:
                raise AccessDenied(_NO_VISIT)
            return self._visits[visit]

    def end(self, visit: str) -> None:
        """A no-op where there is none."""
        with self._turn:
            self._visits.pop(visit, None)


def _keep(kept: dict[str, Any], key: str, value: object) -> None:
    kept[key] = value
    while len(kept) > MOST:
        del kept[next(iter(kept))]
