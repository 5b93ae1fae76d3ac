"""Authorizations, each sealed whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from beholden.domain.authorization import Approval, Authorization, End, Scope
from beholden.domain.errors import ResourceNotFound
from beholden.engines.records.authorizations_schema import authorizations
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.ports.vault import Vault

DATA_KEY = "authorizations"
_ALL = select(authorizations).order_by(authorizations.c.requested_at.desc())
_TIMES = ("requested_at", "starts_at", "expires_at", "ended_at", "cleared_at")


class SqlAuthorizations:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._open: Memo[Sequence[Authorization]] = Memo(database)

    def add(self, authorization: Authorization) -> None:
        self._vault.create(DATA_KEY)
        with self._database.writing() as connection:
            connection.execute(insert(authorizations).values(**self._row(authorization)))

    def get(self, authorization_id: str) -> Authorization:
        with self._database.reading() as connection:
            row = connection.execute(_one(authorization_id)).one_or_none()
        return self._there(row, authorization_id)

    def list(self) -> Sequence[Authorization]:
        return self._read(_ALL)

    def open(self) -> Sequence[Authorization]:
        return self._open.get("", lambda _: self._read(_ALL.where(authorizations.c.open)))

    def change(
        self, authorization_id: str, change: Callable[[Authorization], Authorization]
    ) -> Authorization:
        this = authorizations.c.authorization_id == authorization_id
        with self._database.writing() as connection:
            row = connection.execute(_one(authorization_id).with_for_update()).one_or_none()
            changed = change(self._there(row, authorization_id))
            connection.execute(update(authorizations).where(this).values(**self._row(changed)))
        return changed

    def _read(self, page: Select[Any]) -> Sequence[Authorization]:
        with self._database.reading() as connection:
            rows = connection.execute(page).all()
        return [self._opened(row) for row in rows]

    def _there(self, row: Row[Any] | None, authorization_id: str) -> Authorization:
        if row is None:
            raise ResourceNotFound(f"There is no authorization {authorization_id}.")
        return self._opened(row)

    def _row(self, one: Authorization) -> dict[str, Any]:
        text = json.dumps(asdict(one), default=datetime.isoformat).encode()
        context = one.authorization_id.encode()
        return {
            "authorization_id": one.authorization_id,
            "requested_at": one.requested_at,
            "open": one.end is None or one.to_clear,
            "sealed": self._vault.seal(DATA_KEY, [text], [context])[0],
        }

    def _opened(self, row: Row[Any]) -> Authorization:
        context = row.authorization_id.encode()
        (text,) = self._vault.open(DATA_KEY, [row.sealed], [context])
        return _authorization(json.loads(text))


def _one(authorization_id: str) -> Select[Any]:
    return select(authorizations).where(authorizations.c.authorization_id == authorization_id)


def _authorization(told: dict[str, Any]) -> Authorization:
    scope, approvals, end = told.pop("scope"), told.pop("approvals"), told.pop("end")
    times = {name: _time(told.pop(name)) for name in _TIMES}
    return Authorization(
        scope=_scope(scope),
        approvals=tuple(Approval(**one | {"at": _time(one["at"])}) for one in approvals),
        end=End(end) if end else None,
        **told,
        **times,  # type: ignore[arg-type]
    )


def _scope(told: Mapping[str, Any]) -> Scope:
    people = told["people"]
    return Scope(
        purpose=told["purpose"],
        collections=tuple(told["collections"]),
        cameras=tuple(told["cameras"]),
        people=tuple(people) if people is not None else None,
        case=told["case"],
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
