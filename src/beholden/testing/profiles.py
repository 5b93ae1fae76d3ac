"""Profiles and proposals in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from beholden.domain.errors import ResourceNotFound
from beholden.domain.profile import Profile
from beholden.domain.proposal import Proposal
from beholden.ports.clock import Clock


class FakeProfiles:
    def __init__(self) -> None:
        self._last: tuple[Profile, str | None] | None = None

    def current(self) -> Profile | None:
        return self._last[0] if self._last else None

    def loaded(self) -> str | None:
        return self._last[1] if self._last else None

    def choose(self, profile: Profile) -> None:
        self._last = (profile, None)

    def load(self, digest: str) -> None:
        if self._last is None:
            raise ResourceNotFound("No profile has been chosen.")
        self._last = (self._last[0], digest)


class FakeProposals:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made = 0
        self._waiting: dict[int, Proposal] = {}

    def add(self, kind: str, what: Mapping[str, object], proposed_by: str) -> Proposal:
        self._made += 1
        made = Proposal(self._made, kind, dict(what), proposed_by, self._clock.now())
        self._waiting[made.no] = made
        return made

    def waiting(self) -> Sequence[Proposal]:
        return list(self._waiting.values())

    def get(self, no: int) -> Proposal:
        if no not in self._waiting:
            raise ResourceNotFound(f"No proposal {no} waits for approval.")
        return self._waiting[no]

    def close(self, no: int, closed_by: str) -> None:  # noqa: ARG002 (nobody asks for it again)
        self.get(no)
        del self._waiting[no]
