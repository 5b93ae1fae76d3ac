"""Remembering point reads for as long as nobody committed anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from beholden.engines.records.database import Database

T = TypeVar("T")
MOST = 1024


class Memo(Generic[T]):
    """What was read of each key, until the database changes, in this process or another.

    The state is asked for before the read: what is newer than its state is only read once more.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: tuple[int | None, dict[str, T]] = (None, {})

    def get(self, key: str, read: Callable[[str], T]) -> T:
        """What `read(key)` gives, or gave while the database was as it is now."""
        state = self._database.state()
        if state is None:
            return read(key)
        held, values = self._held
        if held != state or len(values) >= MOST:
            values = {}
            self._held = (state, values)
        if key not in values:
            values[key] = read(key)
        return values[key]
