"""Decisions by Cedar, in process: deny unless a policy permits and none forbids.

Policies and schema are parsed once, at the start. What was loaded is what decides: an edit on
disk has no effect on a running server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import cedarpy

from beholden.domain.access import Decision, Query
from beholden.engines.policy.sources import PolicySource, load_policies, load_schema

Json = dict[str, Any]
MOST_DECISIONS = 4096


class CedarPolicy:
    """The policy port. Raises OperatorError, naming file and line, for a policy that does not
    parse or does not fit the schema. `digest` is the SHA-256 of what was loaded, in hex."""

    def __init__(self, schema: Path, policies: Sequence[Path]) -> None:
        schema_text, self._schema = load_schema(schema)
        sources = load_policies(policies, self._schema)
        self._advice = {source.name: source.advice for source in sources}
        self._policies = _policy_set({source.name: source.parsed for source in sources})
        self._doors = _policy_set(_doors(sources))
        loaded = "\0".join([schema_text, *(source.text for source in sources)])
        self._decided: dict[object, Decision] = {}
        self.digest = hashlib.sha256(loaded.encode()).hexdigest()

    def decide(self, query: Query) -> Decision:
        """What the policies say, and in `reason` what would satisfy them. A decision follows from
        the query alone, so the same query is decided once."""
        try:
            key = _key(query)
            known = self._decided.get(key)
        except TypeError as error:
            return Decision(False, f"the policies cannot decide this: {error}")
        if known is None:
            if len(self._decided) >= MOST_DECISIONS:
                self._decided.clear()
            known = self._decided[key] = self._decide(query)
        return known

    def _decide(self, query: Query) -> Decision:
        try:
            answer = self._ask(self._policies, query)
            names = tuple(sorted(answer.diagnostics.reasons))
            errors = answer.diagnostics.errors
        except (TypeError, ValueError, ArithmeticError) as error:
            names, errors = (), [str(error)]
        # Cedar skips what it cannot evaluate, a forbid as well: so an error decides nothing.
        if errors:
            return Decision(False, f"the policies cannot decide this: {errors[0]}", names)
        if answer.allowed:
            return Decision(True, f"permitted by {', '.join(names)}", names)
        if names:
            return Decision(False, f"forbidden by {self._advised(names)}", names)
        return Decision(False, self._default_denial(query))

    def _ask(self, policies: cedarpy.PolicySet, query: Query) -> cedarpy.AuthzResult:
        return cedarpy.is_authorized(_request(query), policies, [_principal(query)], self._schema)

    def _default_denial(self, query: Query) -> str:
        """Which permits are about this action at all, and what each asks for."""
        doors = self._ask(self._doors, query).diagnostics.reasons
        denial = f'no policy permits this to role "{query.principal.role}"'
        return f"{denial}; see {self._advised(sorted(doors))}" if doors else denial

    def _advised(self, names: Iterable[str]) -> str:
        advised = ((name, self._advice[name]) for name in names)
        return "; ".join(f"{name}: {advice}" if advice else name for name, advice in advised)


def _doors(sources: Iterable[PolicySource]) -> dict[str, Json]:
    """The permits, stripped down to the actions they are about."""
    anyone = {"principal": {"op": "All"}, "resource": {"op": "All"}, "conditions": []}
    return {s.name: s.parsed | anyone for s in sources if s.parsed["effect"] == "permit"}


def _policy_set(policies: Mapping[str, Json]) -> cedarpy.PolicySet:
    whole = {"staticPolicies": dict(policies), "templates": {}, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(whole))


def _key(query: Query) -> object:
    """All that a decision depends on. Raises TypeError for a context that Cedar could not read."""
    context = frozenset(
        (name, type(value), tuple(value) if isinstance(value, list) else value)
        for name, value in query.context.items()
    )
    return query.principal, query.action, query.resource, context


def _request(query: Query) -> Json:
    return {
        "principal": {"type": "Principal", "id": query.principal.name},
        "action": {"type": "Action", "id": query.action},
        "resource": {"type": query.resource.type, "id": query.resource.id},
        "context": {name: _value(name, value) for name, value in query.context.items()},
    }


def _principal(query: Query) -> Json:
    who = query.principal
    attributes = {
        "holder": who.name,
        "key_id": who.key_id,
        "role": who.role,
        "purpose": who.purpose,
    }
    if who.case is not None:
        attributes["case"] = who.case
    return {
        "uid": {"type": "Principal", "id": who.name},
        "attrs": attributes,
        "parents": [],
    }


def _value(name: str, value: object) -> object:
    """Cedar has no floats: percentages become decimals of four places, cut, never rounded up."""
    if isinstance(value, float) or (name.endswith("_pct") and isinstance(value, int)):
        cut = Decimal(repr(value)).quantize(Decimal("0.0001"), ROUND_DOWN)
        return {"__extn": {"fn": "decimal", "arg": str(cut)}}
    return value
