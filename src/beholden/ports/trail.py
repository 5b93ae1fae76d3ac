"""Reading a log back, and publishing what anyone may see of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol


class Trail(Protocol):
    """A log as its readers see it: in order, no entry before the checkpoint covers it."""

    def size(self) -> int:
        """Entries under the checkpoint. Raises AuditUnavailable if it cannot be read."""
        ...

    def head(self) -> str:
        """The checkpoint, a signed note. Raises AuditUnavailable."""
        ...

    def entries(self, first: int) -> Iterator[tuple[int, bytes]]:
        """(index, entry) from index `first` on. Raises AuditUnavailable."""
        ...


class PublishedLog(Trail, Protocol):
    """A second log: entry n says of entry n of the audit log what anyone may know."""

    def extend(self, first: int, entries: Sequence[bytes]) -> bool:
        """Add entries, the first of them at index `first`; durable and signed when this returns.
        False, and nothing is added, if the log does not end there: another process was quicker.
        Raises AuditUnavailable."""
        ...

    def close(self) -> None:
        """Release the log. Safe to call twice."""
        ...
