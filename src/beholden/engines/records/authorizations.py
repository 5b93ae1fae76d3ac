"""Authorizations, each sealed whole with a data key of its own, which ends with what it says of
people."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, select, update

from beholden.domain.authorization import Approval, Authorization, End, Scope
from beholden.domain.errors import ResourceNotFound
from beholden.engines.records.authorizations_schema import authorizations
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.engines.records.sealing import read_again
from beholden.ports.vault import Vault

_ALL = select(authorizations).order_by(authorizations.c.requested_at.desc())
_TIMES = ("requested_at", "starts_at", "expires_at", "ended_at", "cleared_at")


class SqlAuthorizations:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._memo: Memo[Sequence[Authorization]] = Memo(database)

    def add(self, authorization: Authorization) -> None:
        row = self._row(authorization, self._new_key())
        with self._database.writing() as connection:
            connection.execute(insert(authorizations).values(**row))

    def get(self, authorization_id: str) -> Authorization:
        found = self._read(_one(authorization_id))
        if not found:
            raise _unknown(authorization_id)
        return found[0]

    def list(self) -> Sequence[Authorization]:
        return self._memo.get("all", lambda _: self._read(_ALL))

    def open(self) -> Sequence[Authorization]:
        return self._memo.get("open", lambda _: self._read(_ALL.where(authorizations.c.open)))

    def change(
        self, authorization_id: str, change: Callable[[Authorization], Authorization]
    ) -> Authorization:
        with self._database.writing() as connection:
            row = _locked(connection, authorization_id)
            if row is None:
                raise _unknown(authorization_id)
            held = self._opened(row)
            changed = change(held)
            same = changed.scope == held.scope
            self._put(connection, changed, row.data_key if same else self._new_key())
            if not same:
                self._vacate(connection, row.data_key)
        if not same:
            self._vault.destroy(row.data_key)
        return changed

    def delete(self, authorization_id: str) -> None:
        with self._database.writing() as connection:
            row = _locked(connection, authorization_id)
            if row is None:
                return
            connection.execute(delete(authorizations).where(_is(authorization_id)))
            self._vacate(connection, row.data_key)
        self._vault.destroy(row.data_key)

    def _vacate(self, connection: Connection, data_key: str) -> None:
        """Those that were sealed before each had a key of its own get one, too."""
        others = select(authorizations).where(authorizations.c.data_key == data_key)
        for row in connection.execute(others).all():
            self._put(connection, self._opened(row), self._new_key())

    def _put(self, connection: Connection, one: Authorization, data_key: str) -> None:
        row = self._row(one, data_key)
        this = _is(one.authorization_id)
        connection.execute(update(authorizations).where(this).values(**row))

    def _new_key(self) -> str:
        data_key = f"authorizations/{uuid.uuid4()}"
        self._vault.create(data_key)
        return data_key

    def _read(self, page: Select[Any]) -> Sequence[Authorization]:
        def read() -> Sequence[Authorization]:
            with self._database.reading() as connection:
                rows = connection.execute(page).all()
            return [self._opened(row) for row in rows]

        return read_again(read)

    def _row(self, one: Authorization, data_key: str) -> dict[str, Any]:
        text = json.dumps(asdict(one), default=datetime.isoformat).encode()
        context = one.authorization_id.encode()
        return {
            "authorization_id": one.authorization_id,
            "requested_at": one.requested_at,
            "open": one.end is None or one.to_clear,
            "data_key": data_key,
            "sealed": self._vault.seal(data_key, [text], [context])[0],
        }

    def _opened(self, row: Row[Any]) -> Authorization:
        context = row.authorization_id.encode()
        (text,) = self._vault.open(row.data_key, [row.sealed], [context])
        return _authorization(json.loads(text))


def _is(authorization_id: str) -> ColumnElement[bool]:
    return authorizations.c.authorization_id == authorization_id


def _one(authorization_id: str) -> Select[Any]:
    return select(authorizations).where(_is(authorization_id))


def _locked(connection: Connection, authorization_id: str) -> Row[Any] | None:
    return connection.execute(_one(authorization_id).with_for_update()).one_or_none()


def _unknown(authorization_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"There is no authorization {authorization_id}.")


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
        erased=tuple(told.get("erased", ())),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
