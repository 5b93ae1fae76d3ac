"""Tags of collections, found by ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from beholden.domain.errors import QuotaExceeded, ResourceNotFound
from beholden.engines.records.database import Database
from beholden.engines.records.schema import collections, tags


class SqlTags:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, arn: str, tags: Mapping[str, str], quota: int) -> None:
        with self._database.writing() as connection:
            collection_no = _locked(connection, arn)
            if len(_tags(connection, collection_no).keys() | tags.keys()) > quota:
                raise QuotaExceeded(f"A resource can have at most {quota} tags.")
            _remove(connection, collection_no, [*tags])
            add_tags(connection, collection_no, tags)

    def remove(self, arn: str, keys: Sequence[str]) -> None:
        with self._database.writing() as connection:
            _remove(connection, _locked(connection, arn), keys)

    def get(self, arn: str) -> Mapping[str, str]:
        with self._database.reading() as connection:
            return _tags(connection, _locked(connection, arn))


def _locked(connection: Connection, arn: str) -> int:
    """The number of the resource, held until the transaction ends."""
    row = select(collections.c.no).where(collections.c.arn == arn).with_for_update()
    collection_no: int | None = connection.execute(row).scalar_one_or_none()
    if collection_no is None:
        raise ResourceNotFound(f"The resource {arn} does not exist")
    return collection_no


def _tags(connection: Connection, collection_no: int) -> dict[str, str]:
    rows = connection.execute(
        select(tags.c.key, tags.c.value)
        .where(tags.c.collection_no == collection_no)
        .order_by(tags.c.key)
    )
    return {key: value for key, value in rows}  # noqa: C416


def _remove(connection: Connection, collection_no: int, keys: Sequence[str]) -> None:
    connection.execute(
        delete(tags).where(tags.c.collection_no == collection_no, tags.c.key.in_(keys))
    )


def add_tags(connection: Connection, collection_no: int, pairs: Mapping[str, str]) -> None:
    """Add tags that are not there yet, within the caller's transaction."""
    if pairs:
        connection.execute(
            insert(tags),
            [{"collection_no": collection_no, "key": k, "value": v} for k, v in pairs.items()],
        )
