"""Recordings in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from beholden.domain.recording import Recorded
from beholden.ports.clock import Clock


@dataclass(slots=True)
class _Kept:
    recorded: Recorded
    names: set[str] = field(default_factory=set)
    doomed_at: datetime | None = None


class FakeRecordings:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[int, _Kept] = {}
        self._made = 0

    def begin(self, recorded: Recorded) -> Recorded:
        self._made += 1
        made = replace(recorded, no=self._made)
        self._kept[made.no] = _Kept(made)
        return made

    def shows(self, recorded: Recorded, names: Collection[str]) -> None:
        if recorded.no in self._kept:
            self._kept[recorded.no].names.update(names)

    def wanted(self, recorded: Recorded) -> bool:
        return recorded.no in self._kept and self._kept[recorded.no].doomed_at is None

    def showing(self, names: Collection[str]) -> Sequence[Recorded]:
        return self._found(lambda one: not one.names.isdisjoint(names))

    def under(self, authorization_id: str) -> Sequence[Recorded]:
        return self._found(lambda one: one.recorded.authorization_id == authorization_id)

    def expired(self, purpose: str, by: datetime, limit: int) -> Sequence[Recorded]:
        def over(one: _Kept) -> bool:
            is_of = one.recorded.purpose == purpose and one.recorded.began <= by
            return is_of and one.doomed_at is None

        return self._found(over)[:limit]

    def doomed(self, by: datetime, limit: int) -> Sequence[Recorded]:
        return self._found(lambda one: one.doomed_at is not None and one.doomed_at <= by)[:limit]

    def doom(self, recorded: Recorded) -> None:
        if recorded.no in self._kept:
            self._kept[recorded.no].doomed_at = self._clock.now()

    def forget(self, recorded: Recorded) -> None:
        self._kept.pop(recorded.no, None)

    def _found(self, which: Callable[[_Kept], bool]) -> Sequence[Recorded]:
        return [one.recorded for one in self._kept.values() if which(one)]
