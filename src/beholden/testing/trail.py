"""Logs in memory, to be read and published, and states."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from beholden.domain.audit import AuditRecord
from beholden.testing.audit import MemoryAudit


class FakeTrail:
    """The log that a MemoryAudit keeps, as its reader sees it."""

    def __init__(self, audit: MemoryAudit) -> None:
        self._audit = audit

    def size(self) -> int:
        return len(self._audit.records)

    def head(self) -> str:
        return f"fake\n{self.size()}\n"

    def entries(self, first: int) -> Iterator[tuple[int, bytes]]:
        yield from ((i, entry_of(r)) for i, r in enumerate(self._audit.records) if i >= first)


class FakePublishedLog:
    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def size(self) -> int:
        return len(self.kept)

    def head(self) -> str:
        return f"fake\n{self.size()}\n"

    def entries(self, first: int) -> Iterator[tuple[int, bytes]]:
        yield from list(enumerate(self.kept))[first:]

    def extend(self, first: int, entries: Sequence[bytes]) -> bool:
        if first != len(self.kept):
            return False
        self.kept += entries
        return True

    def close(self) -> None:
        """Nothing to release."""


class FakeStates:
    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def load(self, name: str) -> dict[str, Any] | None:
        return json.loads(self._kept[name]) if name in self._kept else None

    def save(self, name: str, state: Mapping[str, Any]) -> None:
        self._kept[name] = json.dumps(state)


def entry_of(record: AuditRecord) -> bytes:
    """A record as the log's entry, with the members that readers look at."""
    shown = {
        "action": record.action,
        "at": record.at.isoformat(),
        "call": record.call_id,
        "case": record.case,
        "facts": dict(record.facts),
        "kind": record.kind.value,
        "principal": record.principal,
        "purpose": record.purpose,
        "resource": record.resource,
        "role": record.role,
    }
    return json.dumps(shown).encode()
