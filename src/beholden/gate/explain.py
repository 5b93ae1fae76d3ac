"""Why a call would be allowed or refused, and what would change that; nothing is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from beholden.domain.access import Decision, Principal, Query
from beholden.domain.roles import Role
from beholden.gate.decide import Judge, knowing
from beholden.gate.facts import Facts
from beholden.gate.registry import Operation, Request, query_of

# What each fact would have to be for no rule to stand in the way.
IN_FAVOUR: Facts = {
    "purpose_declared": True,
    "purpose_complete": True,
    "purpose_ended": False,
    "report_current": True,
    "review": True,
    "cosigned": True,
    "authorized": True,
    "gallery_bound": True,
    "consent_given": True,
    "noticed": True,
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`granted` is what restrictions leave of what is asked. `roles` and `changes` together would
    turn a refusal into a permission: both are empty if nothing here can."""

    decision: Decision
    facts: Facts
    asked: Mapping[str, object]
    granted: Mapping[str, object]
    roles: tuple[str, ...]
    changes: Facts


def explain(
    judge: Judge, operation: Operation, principal: Principal, request: Request
) -> Explanation:
    """Decide as the gate would, at this moment, and search for the smallest change."""
    query = query_of(principal, operation, request)
    known = judge.known(query, request)
    decision, narrowed = judge.decide(knowing(query, known), request)
    roles, changes = ((), {}) if decision.allowed else _remedy(judge, query, known, request)
    return Explanation(
        decision, known, query.context, dict(operation.context(narrowed)), roles, changes
    )


def _remedy(
    judge: Judge, query: Query, known: Facts, request: Request
) -> tuple[tuple[str, ...], Facts]:
    """The roles under which the call could be allowed, and the fewest facts that must differ."""

    def allows(role: str, facts: Facts) -> bool:
        asker = replace(query, principal=replace(query.principal, role=role))
        return judge.decide(knowing(asker, facts), request)[0].allowed

    changes = {n: v for n, v in IN_FAVOUR.items() if n in known and known[n] != v}
    mine = query.principal.role
    others = (str(role) for role in Role if role != mine)
    roles: tuple[str, ...] = (mine,) if allows(mine, {**known, **changes}) else ()
    roles = roles or tuple(role for role in others if allows(role, {**known, **changes}))
    for name in list(changes) if roles else []:
        fewer = {n: v for n, v in changes.items() if n != name}
        if allows(roles[0], {**known, **fewer}):
            changes = fewer
    return roles, changes if roles else {}
