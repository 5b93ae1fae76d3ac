"""A fake of the audit port: a list, with a switch that makes it fail."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from beholden.domain.audit import AuditRecord, Logged, RecordKind
from beholden.domain.errors import AuditUnavailable

MAX_FACTS_BYTES = 64_000


@dataclass
class MemoryAudit:
    """Keeps records in order. While `full` is set nothing can be written, as on a full disk."""

    records: list[AuditRecord] = field(default_factory=list)
    full: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def append(self, record: AuditRecord) -> Logged:
        try:
            entry = json.dumps(dict(record.facts), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise AuditUnavailable(f"this record cannot be logged: {error}") from error
        with self._lock:
            if self.full or len(entry) > MAX_FACTS_BYTES:
                raise AuditUnavailable("the log cannot be written: no space left on the device")
            self.records.append(record)
            return Logged(len(self.records) - 1, len(self.records))

    def kinds(self) -> list[RecordKind]:
        """The kinds of the records, in order."""
        return [record.kind for record in self.records]

    def publish(self) -> None:
        """Readers see every record at once."""

    def close(self) -> None:
        """There is nothing to release."""


def a_record(call_id: str = "call-1", kind: RecordKind = RecordKind.OUTCOME) -> AuditRecord:
    """A record of a search, with nothing in it that matters but its call."""
    return AuditRecord(
        kind=kind,
        call_id=call_id,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        principal="ann",
        key_id="AKIAIOSFODNN7EXAMPLE",
        role="operator",
        purpose="door-access",
        case=None,
        action="SearchFacesByImage",
        resource='Collection::"staff"',
        facts={"threshold_pct": 99.0, "candidates": [{"face": "f-1", "similarity_pct": 99.7}]},
    )
