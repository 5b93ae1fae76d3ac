"""Who asks, for what, and what was decided. Policy nouns: principal, action, resource, grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Identifies(StrEnum):
    """How far an operation goes in telling who somebody is. One that `measures` compares faces and
    tells how similar they are, but not whose they are."""

    NOBODY = "nobody"
    MEASURES = "measures"
    ENROLS = "enrols"
    COMPARES = "compares"
    SEARCHES = "searches"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller that a signature proves: purpose and role come with the credential.

    `name` is the person or system behind the key (two keys of one person share it).
    """

    name: str
    role: str
    purpose: str
    key_id: str
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action touches, as Cedar names it, for example Collection::"staff"."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Query:
    """The question put to the policy port.

    `context` holds what policies may look at besides the three nouns: the threshold asked for, the
    attributes wanted and so on (strings, integers, booleans and lists of strings only).
    """

    principal: Principal
    action: str
    resource: Resource
    identifies: Identifies
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy said: `policies` name what decided, `reason` says it in words."""

    allowed: bool
    reason: str
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """Proof that the gate allowed one call. Minted only in beholden.gate; a search needs one."""

    grant_id: str
    query: Query
    decision: Decision
    issued_at: datetime
