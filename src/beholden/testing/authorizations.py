"""Authorizations in memory, and one to start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from beholden.domain.authorization import Authorization, Scope
from beholden.domain.errors import ResourceNotFound

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


def an_authorization(authorization_id: str = "auth-1", **terms: object) -> Authorization:
    """One that nobody has approved yet, for a day; `terms` replace what it says."""
    requested = Authorization(
        authorization_id=authorization_id,
        scope=Scope("wanted-persons", ("wanted",)),
        basis="warrant 17",
        requester="ann",
        requested_at=BEGINNING,
        starts_at=BEGINNING,
        expires_at=BEGINNING + timedelta(days=1),
        approvers=2,
    )
    return replace(requested, **terms)  # type: ignore[arg-type]


class FakeAuthorizations:
    def __init__(self) -> None:
        self._kept: dict[str, Authorization] = {}
        self._turn = Lock()

    def add(self, authorization: Authorization) -> None:
        self._kept[authorization.authorization_id] = authorization

    def get(self, authorization_id: str) -> Authorization:
        if authorization_id not in self._kept:
            raise ResourceNotFound(f"There is no authorization {authorization_id}.")
        return self._kept[authorization_id]

    def list(self) -> Sequence[Authorization]:
        return sorted(self._kept.values(), key=lambda one: one.requested_at, reverse=True)

    def open(self) -> Sequence[Authorization]:
        return [one for one in self._kept.values() if one.end is None or one.to_clear]

    def change(
        self, authorization_id: str, change: Callable[[Authorization], Authorization]
    ) -> Authorization:
        with self._turn:
            changed = change(self.get(authorization_id))
            self._kept[authorization_id] = changed
        return changed

    def delete(self, authorization_id: str) -> None:
        with self._turn:
            self._kept.pop(authorization_id, None)
