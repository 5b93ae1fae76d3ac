"""Purposes, and the collections that they may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from beholden.domain.purpose import AccountabilityReport, Purpose
from beholden.engines.records.changes import unknown_collection
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.engines.records.purposes_schema import bindings, purposes
from beholden.engines.records.schema import collections
from beholden.engines.records.seals import Seals


class SqlPurposes:
    def __init__(self, database: Database, seals: Seals) -> None:
        self._database = database
        self._seals = seals
        self._known: Memo[Purpose | None] = Memo(database)
        self._bindings: Memo[frozenset[str] | None] = Memo(database)

    def put(self, purpose: Purpose) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(purposes).where(purposes.c.name == purpose.name))
            connection.execute(insert(purposes).values(**_columns(purpose)))
            self._seals.put(connection, purposes, purposes.c.name == purpose.name)

    def get(self, name: str) -> Purpose | None:
        return self._known.get(name, self._get)

    def _get(self, name: str) -> Purpose | None:
        with self._database.reading() as connection:
            row = connection.execute(select(purposes).where(purposes.c.name == name)).one_or_none()
        self._seals.one(purposes, row)
        return None if row is None else _purpose(row)

    def list(self) -> Sequence[Purpose]:
        with self._database.reading() as connection:
            rows = connection.execute(_BY_NAME).all()
        self._seals.check(purposes, rows)
        return [_purpose(row) for row in rows]

    def bind(self, collection_id: str, purpose: str) -> None:
        with self._database.writing() as connection:
            no = _collection_no(connection, collection_id)
            if no is None:
                raise unknown_collection(collection_id)
            if purpose not in _bound(connection, no):
                add_binding(connection, self._seals, no, purpose)

    def unbind(self, collection_id: str, purpose: str) -> None:
        with self._database.writing() as connection:
            no = _collection_no(connection, collection_id)
            connection.execute(
                delete(bindings).where(
                    bindings.c.collection_no == no, bindings.c.purpose == purpose
                )
            )

    def bound(self, collection_id: str) -> frozenset[str] | None:
        return self._bindings.get(collection_id, self._read_bound)

    def _read_bound(self, collection_id: str) -> frozenset[str] | None:
        with self._database.reading() as connection:
            found = connection.execute(
                _BOUND.where(collections.c.collection_id == collection_id)
            ).all()
        bound = [row for row in found if row.purpose is not None]
        self._seals.check(bindings, bound)
        return frozenset(row.purpose for row in bound) if found else None

    def collections(self, purpose: str) -> Sequence[str]:
        with self._database.reading() as connection:
            of_purpose = _BOUND.where(bindings.c.purpose == purpose).order_by(collections.c.no)
            rows = connection.execute(of_purpose).all()
        self._seals.check(bindings, rows)
        return [row.collection_id for row in rows]


_BY_NAME = select(purposes).order_by(purposes.c.name)
_BOUND = select(collections.c.collection_id, bindings).outerjoin(
    bindings, bindings.c.collection_no == collections.c.no
)


def add_binding(connection: Connection, seals: Seals, collection_no: int, purpose: str) -> None:
    """Bind a collection within the caller's transaction."""
    connection.execute(insert(bindings).values(collection_no=collection_no, purpose=purpose))
    this = (bindings.c.collection_no == collection_no, bindings.c.purpose == purpose)
    seals.put(connection, bindings, *this)


def _bound(connection: Connection, collection_no: int) -> frozenset[str]:
    of_collection = select(bindings.c.purpose).where(bindings.c.collection_no == collection_no)
    return frozenset(connection.execute(of_collection).scalars())


def _collection_no(connection: Connection, collection_id: str) -> int | None:
    """Held until the transaction ends, so that the collection cannot go meanwhile."""
    row = select(collections.c.no).where(collections.c.collection_id == collection_id)
    no: int | None = connection.execute(row.with_for_update()).scalar_one_or_none()
    return no


def _columns(purpose: Purpose) -> dict[str, Any]:
    terms = asdict(purpose) | {"attributes": sorted(purpose.attributes)}
    del terms["report"]
    report = purpose.report
    return terms | {
        "report_sha256": report.sha256 if report else None,
        "report_filed_at": report.filed_at if report else None,
    }


def _purpose(row: Row[Any]) -> Purpose:
    terms = dict(row._mapping)
    del terms["seal"]
    sha256, filed_at = terms.pop("report_sha256"), terms.pop("report_filed_at")
    report = AccountabilityReport(sha256, filed_at) if sha256 else None
    return Purpose(**terms | {"attributes": frozenset(terms["attributes"]), "report": report})
