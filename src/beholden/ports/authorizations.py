"""Authorizations, and what was found under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from beholden.domain.authorization import Authorization


class Authorizations(Protocol):
    def add(self, authorization: Authorization) -> None:
        """Keep a new one, sealed, durable on return."""
        ...

    def get(self, authorization_id: str) -> Authorization:
        """Raises ResourceNotFound."""
        ...

    def list(self) -> Sequence[Authorization]:
        """The newest first, those that have ended too."""
        ...

    def open(self) -> Sequence[Authorization]:
        """Those that have not ended, or under which results may be left to delete. Cheap."""
        ...

    def change(
        self, authorization_id: str, change: Callable[[Authorization], Authorization]
    ) -> Authorization:
        """Put what `change` makes of it in its place, one at a time; what it raises is raised and
        changes nothing. Where the scope is another one, the former cannot be read any more, in
        backups neither. Raises ResourceNotFound."""
        ...

    def delete(self, authorization_id: str) -> None:
        """Forget it, in backups too. A no-op if there is none."""
        ...


class ResultsOf(Protocol):
    """A store that keeps what was found under an authorization: each result carries its id (fact
    `authorization` of the grant)."""

    @property
    def kind(self) -> str:
        """What the log calls these results, for example `leads`."""
        ...

    def delete(self, authorization_id: str) -> int:
        """Delete all that was found under it, for good, and tell how many there were. A second
        time there are none."""
        ...
