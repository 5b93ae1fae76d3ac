"""Whether the credential that a caller signed with still stands: a job or a stream that holds a
grant ends with it."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.domain.access import Query
from beholden.gate.facts import Facts
from beholden.gate.registry import Request
from beholden.ports.clock import Clock
from beholden.ports.records import Keys


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    """The server's own calls (see sweeps) carry no key, and no key carries their role."""

    keys: Keys
    clock: Clock

    def of(self, query: Query, _request: Request) -> Facts:
        who = query.principal
        if who.role == "system":
            return {"credential_ended": False}
        found = self.keys.find(who.key_id)
        return {"credential_ended": found is None or found[0].ended(self.clock.now())}
