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
from beholden.engines.records.memo import Memo
from beholden.engines.records.purge import Purger
from beholden.engines.records.purposes import add_binding
from beholden.engines.records.schema import collections, doomed
from beholden.engines.records.sealing import data_key
from beholden.engines.records.seals import Seals
from beholden.engines.records.tags import add_tags
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlCollections:
    def __init__(
        self, database: Database, vault: Vault, clock: Clock, purger: Purger, seals: Seals
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._known: Memo[Collection] = Memo(database)
        self._purger = purger
        self._seals = seals

    def create(
        self,
        collection_id: str,
        arn: str,
        model_version: str,
        tags: Mapping[str, str],
        purpose: str | None = None,
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
            add_tags(connection, row.no, tags)
            if purpose is not None:
                add_binding(connection, self._seals, row.no, purpose)
            self._vault.create(data_key(row.no))
        return _collection(row)

    def get(self, collection_id: str) -> Collection:
        return self._known.get(collection_id, self._get)

    def _get(self, collection_id: str) -> Collection:
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
        """Once the row is gone nothing finds the rest, and once the key is gone nothing reads it.
        If the process dies before the purge is done, the next start goes on with it."""
        with self._database.writing() as connection:
            row = connection.execute(
                delete(collections)
                .where(collections.c.collection_id == collection_id)
                .returning(collections)
            ).one_or_none()
            if row is None:
                raise unknown_collection(collection_id)
            connection.execute(insert(doomed).values(collection_no=row.no))
        self._vault.destroy(data_key(row.no))
        self._purger.purge(row.no)
        return _collection(row)

    def sweep(self) -> None:
        """End what a crash left of deleted collections: their data keys now, their rows soon."""
        with self._database.reading() as connection:
            nos = connection.execute(select(doomed.c.collection_no)).scalars().all()
        for no in nos:
            self._vault.destroy(data_key(no))
        self._purger.resume(nos)


def _insert(connection: Connection, values: Mapping[str, object]) -> Row[Any]:
    try:
        return connection.execute(insert(collections).values(**values).returning(collections)).one()
    except IntegrityError as error:
        raise ResourceAlreadyExists(
            f"The collection id: {values['collection_id']} already exists."
        ) from error


def _collection(row: Row[Any]) -> Collection:
    return Collection(**row._mapping)
