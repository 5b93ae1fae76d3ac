"""The log that nobody can rewrite."""

from __future__ import annotations

from typing import Protocol

from beholden.domain.audit import AuditRecord, Logged


class Audit(Protocol):
    def append(self, record: AuditRecord) -> Logged:
        """Durable when this returns; calls that wait at the same time share one flush.
        Raises AuditUnavailable if it cannot be made durable (disk full, for one)."""
        ...

    def publish(self) -> None:
        """Let readers of the log see what was appended. It happens soon by itself; what cannot be
        published now is as durable, and published with the next record or that is refused."""
        ...

    def close(self) -> None:
        """Release the log. Safe to call twice."""
        ...
