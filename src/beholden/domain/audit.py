"""What the audit log keeps. Records hold no more than they must: no image, no name, no vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RecordKind(StrEnum):
    INTENT = "intent"
    EVIDENCE = "evidence"
    OUTCOME = "outcome"
    REFUSAL = "refusal"
    FAILURE = "failure"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One entry of the log. `facts` is JSON: strings, numbers, booleans, lists and objects."""

    kind: RecordKind
    call_id: str
    at: datetime
    principal: str
    key_id: str
    role: str
    purpose: str
    case: str | None
    action: str
    resource: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Logged:
    """Where a record stands in the log: its index, and the tree size that includes it."""

    index: int
    tree_size: int
