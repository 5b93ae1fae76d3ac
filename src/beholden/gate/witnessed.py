"""Rule 2: whether outside witnesses follow the log, as a fact for the policy."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.domain.access import Query
from beholden.gate.facts import Facts
from beholden.gate.registry import Request
from beholden.ports.witness import Cosigned


@dataclass(frozen=True, slots=True)
class WitnessFacts:
    """True where nobody asked for witnesses."""

    cosigned: Cosigned

    def of(self, _query: Query, _request: Request) -> Facts:
        return {"cosigned": self.cosigned.enough()}
