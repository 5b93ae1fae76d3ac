"""The decision on a call: the policy first, then each restriction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from beholden.domain.access import Decision, Query
from beholden.domain.errors import AccessDenied
from beholden.gate.facts import Facts, FactSource
from beholden.gate.registry import Request
from beholden.gate.restriction import Restriction
from beholden.ports.policy import Policy


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides: the same for a call and for the explanation of one."""

    policy: Policy
    restrictions: Sequence[Restriction] = ()
    facts: Sequence[FactSource] = ()

    def known(self, query: Query, request: Request) -> Facts:
        """Every fact of this call, at this moment. An authorization that nothing demands is not its
        own: that would narrow what it finds, and take it along when it is undone (rules 5, 6)."""
        known = {name: fact for s in self.facts for name, fact in s.of(query, request).items()}
        without = knowing(query, {**known, "authorized": False})
        if "authorization" in known and self.policy.decide(without).allowed:
            del known["authorization"]
        return known

    def decide(self, query: Query, request: Request) -> tuple[Decision, Request]:
        """The policy's decision, or that of the first restriction to refuse; and the request, as
        the restrictions narrowed it. `query` holds the facts (see `knowing`)."""
        decision = self.policy.decide(query)
        if decision.allowed:
            for restriction in self.restrictions:
                try:
                    request = restriction.before(query, request)
                except AccessDenied as refused:
                    return Decision(False, str(refused), (restriction.name,)), request
        return decision, request


def knowing(query: Query, known: Facts) -> Query:
    """The query with its facts; a caller cannot set one."""
    return replace(query, context={**query.context, **known})
