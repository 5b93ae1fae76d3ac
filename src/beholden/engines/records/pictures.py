"""Pictures of enrolled faces: sealed with their collection's data key, deleted with their face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from beholden.domain.face import Collection
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import pieces
from beholden.engines.records.leads_schema import pictures
from beholden.engines.records.sealing import data_key
from beholden.ports.vault import Vault


class SqlPictures:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def of(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, bytes]:
        with self._database.reading() as connection:
            sealed = _sealed(connection, collection.no, nos)
        texts = self._vault.open(data_key(collection.no), [*sealed.values()], _contexts([*sealed]))
        return dict(zip(sealed, texts, strict=True))

    def delete(self, collection: Collection, nos: Sequence[int]) -> None:
        with self._database.writing() as connection:
            delete_pictures(connection, collection.no, nos)


def add_pictures(
    connection: Connection, vault: Vault, collection_no: int, taken: Mapping[int, bytes]
) -> None:
    """Keep pictures by face number, within the caller's transaction. One that is there stays."""
    known = _sealed(connection, collection_no, [*taken])
    new = {no: picture for no, picture in taken.items() if no not in known}
    if not new:
        return
    sealed = vault.seal(data_key(collection_no), [*new.values()], _contexts([*new]))
    rows = [
        {"collection_no": collection_no, "no": no, "sealed": text}
        for no, text in zip(new, sealed, strict=True)
    ]
    connection.execute(insert(pictures), rows)


def delete_pictures(connection: Connection, collection_no: int, nos: Sequence[int]) -> None:
    """Delete pictures by face number, within the caller's transaction."""
    of_collection = pictures.c.collection_no == collection_no
    for piece in pieces(nos):
        connection.execute(delete(pictures).where(of_collection, pictures.c.no.in_(piece)))


def _sealed(connection: Connection, collection_no: int, nos: Sequence[int]) -> dict[int, bytes]:
    of_collection = select(pictures).where(pictures.c.collection_no == collection_no)
    return {
        row.no: row.sealed
        for piece in pieces(nos)
        for row in connection.execute(of_collection.where(pictures.c.no.in_(piece))).all()
    }


def _contexts(nos: Sequence[int]) -> list[bytes]:
    return [b"picture:%d" % no for no in nos]
