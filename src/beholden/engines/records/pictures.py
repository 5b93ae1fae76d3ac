"""Pictures of enrolled faces: sealed in the lots of their faces, deleted with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from beholden.domain.face import Collection
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import pieces
from beholden.engines.records.leads_schema import pictures
from beholden.engines.records.sealing import Sealer, picture_contexts, read_again
from beholden.ports.vault import Vault


class SqlPictures:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def of(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, bytes]:
        return read_again(partial(self._of, collection, nos))

    def _of(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, bytes]:
        with self._database.reading() as connection:
            rows = picture_rows(connection, collection.no, nos)
        found = [row.no for row in rows]
        texts = Sealer.of(self._vault, collection).open(
            [row.lot for row in rows], [row.sealed for row in rows], picture_contexts(found)
        )
        return dict(zip(found, texts, strict=True))

    def delete(self, collection: Collection, nos: Sequence[int]) -> None:
        with self._database.writing() as connection:
            delete_pictures(connection, collection.no, nos)


def add_pictures(
    connection: Connection, sealer: Sealer, taken: Mapping[int, bytes], lots: Mapping[int, int]
) -> None:
    """Keep pictures by face number, in their faces' lots, within the caller's transaction. One that
    is there stays."""
    known = {row.no for row in picture_rows(connection, sealer.collection_no, [*taken])}
    nos = [no for no in taken if no not in known]
    if not nos:
        return
    sealed = sealer.seal([lots[no] for no in nos], [taken[no] for no in nos], picture_contexts(nos))
    rows = [
        {"collection_no": sealer.collection_no, "no": no, "lot": lots[no], "sealed": text}
        for no, text in zip(nos, sealed, strict=True)
    ]
    connection.execute(insert(pictures), rows)


def delete_pictures(connection: Connection, collection_no: int, nos: Sequence[int]) -> None:
    """Delete pictures by face number, within the caller's transaction."""
    of_collection = pictures.c.collection_no == collection_no
    for piece in pieces(nos):
        connection.execute(delete(pictures).where(of_collection, pictures.c.no.in_(piece)))


def picture_rows(connection: Connection, collection_no: int, nos: Sequence[int]) -> list[Row[Any]]:
    """The rows of those faces that have a picture."""
    of_collection = select(pictures).where(pictures.c.collection_no == collection_no)
    return [
        row
        for piece in pieces(nos)
        for row in connection.execute(of_collection.where(pictures.c.no.in_(piece)))
    ]
