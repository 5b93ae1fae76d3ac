"""Collections: rows, their data keys and their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.exc import IntegrityError

from beholden.domain.errors import ResourceAlreadyExists
from beholden.domain.face import Collection
from beholden.engines.records.changes import unknown_collection
from beholden.engines.records.database import Database
from beholden.engines.records.schema import collections, doomed_keys, tags
from beholden.engines.records.sealing import data_key
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlCollections:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def create(
        self, collection_id: str, arn: str, model_version: str, tags: Mapping[str, str]
    ) -> Collection:
        """The data key is durable before the row is: no collection is ever without one. A key
        whose row was not committed waits for the collection that gets the same number."""
        values = {
            "collection_id": collection_id,
            "arn": arn,
            "model_version": model_version,
            "created_at": self._clock.now(),
            "change_seq": 0,
            "face_count": 0,
            "user_count": 0,
        }
        with self._database.writing() as connection:
            row = _insert(connection, values)
            _tag(connection, row.no, tags)
            self._vault.create(data_key(row.no))
        return _collection(row)

    def get(self, collection_id: str) -> Collection:
        with self._database.reading() as connection:
            row = connection.execute(
                select(collections).where(collections.c.collection_id == collection_id)
            ).one_or_none()
        if row is None:
            raise unknown_collection(collection_id)
        return _collection(row)

    def list(self, after: int, limit: int) -> Sequence[Collection]:
        page = select(collections).where(collections.c.no > after).order_by(collections.c.no)
        with self._database.reading() as connection:
            return [_collection(row) for row in connection.execute(page.limit(limit))]

    def delete(self, collection_id: str) -> Collection:
        """The key is doomed in the same transaction and destroyed after it: if the process dies
        in between, `sweep` ends it."""
        with self._database.writing() as connection:
            row = connection.execute(
                delete(collections)
                .where(collections.c.collection_id == collection_id)
                .returning(collections)
            ).one_or_none()
            if row is None:
                raise unknown_collection(collection_id)
            connection.execute(insert(doomed_keys).values(name=data_key(row.no)))
        self.sweep()
        return _collection(row)

    def sweep(self) -> None:
        """Destroy the data keys of deleted collections that are still there."""
        with self._database.reading() as connection:
            names = connection.execute(select(doomed_keys.c.name)).scalars().all()
        if not names:
            return
        for name in names:
            self._vault.destroy(name)
        with self._database.writing() as connection:
            connection.execute(delete(doomed_keys).where(doomed_keys.c.name.in_(names)))


def _insert(connection: Connection, values: Mapping[str, object]) -> Row[Any]:
    try:
        return connection.execute(insert(collections).values(**values).returning(collections)).one()
    except IntegrityError as error:
        raise ResourceAlreadyExists(
            f"The collection id: {values['collection_id']} already exists."
        ) from error


def _tag(connection: Connection, collection_no: int, pairs: Mapping[str, str]) -> None:
    if pairs:
        connection.execute(
            insert(tags),
            [{"collection_no": collection_no, "key": k, "value": v} for k, v in pairs.items()],
        )


def _collection(row: Row[Any]) -> Collection:
    return Collection(**row._mapping)
