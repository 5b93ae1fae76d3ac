"""Audit records of one call: who, what and why are the same in each, only the facts differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from beholden.domain.access import Query
from beholden.domain.audit import AuditRecord, RecordKind
from beholden.ports.audit import Audit
from beholden.ports.clock import Clock

# One log entry holds 64 KiB. A list of this many candidates takes half of it.
PAGE_ITEMS = 256


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes the records of the call that `call_id` names."""

    audit: Audit
    clock: Clock
    call_id: str
    query: Query

    def write(self, kind: RecordKind, facts: Mapping[str, object]) -> None:
        """Append a record; durable on return. Raises AuditUnavailable.

        A list too long for one entry goes ahead of it in EVIDENCE records of the same call.
        """
        short, evidence = dict(facts), []
        for name, value in facts.items():
            if isinstance(value, list) and len(value) > PAGE_ITEMS:
                short[name] = {"items": len(value), "in": RecordKind.EVIDENCE.value}
                evidence += list(_pages(name, value))
        for page in evidence:
            self._append(RecordKind.EVIDENCE, page)
        self._append(kind, short)

    def _append(self, kind: RecordKind, facts: Mapping[str, object]) -> None:
        who, resource = self.query.principal, self.query.resource
        self.audit.append(
            AuditRecord(
                kind=kind,
                call_id=self.call_id,
                at=self.clock.now(),
                principal=who.name,
                key_id=who.key_id,
                role=who.role,
                purpose=who.purpose,
                case=who.case,
                action=self.query.action,
                resource=f'{resource.type}::"{resource.id}"',
                facts=facts,
            )
        )


def _pages(name: str, items: list[object]) -> Iterator[dict[str, object]]:
    for first in range(0, len(items), PAGE_ITEMS):
        yield {"of": name, "first": first, name: items[first : first + PAGE_ITEMS]}
