"""Which policies a deployment runs under, and changes that wait for a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from beholden.domain.profile import Profile
from beholden.domain.proposal import Proposal


class Profiles(Protocol):
    def current(self) -> Profile | None:
        """The profile chosen last, None in a new deployment. A running server keeps to the one
        that it was started with."""
        ...

    def loaded(self) -> str | None:
        """The digest of the policies that the last start loaded since that choice."""
        ...

    def choose(self, profile: Profile) -> None: ...

    def load(self, digest: str) -> None:
        """Remember what a start loaded of the current profile. Needs a choice."""
        ...


class Proposals(Protocol):
    def add(self, kind: str, what: Mapping[str, object], proposed_by: str) -> Proposal: ...

    def waiting(self) -> Sequence[Proposal]:
        """In the order in which they were made."""
        ...

    def get(self, no: int) -> Proposal:
        """Raises ResourceNotFound if none of that number waits."""
        ...

    def close(self, no: int, closed_by: str) -> None:
        """It waits no more. Raises ResourceNotFound if it does not."""
        ...
