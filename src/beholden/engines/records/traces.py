"""Where a person is enrolled: by salted hash, user id or face id, in every collection at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Names
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from beholden.domain.face import Collection
from beholden.domain.person import Trace
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import face_salt, faces_where, opened, subject_hash
from beholden.engines.records.schema import collections, faces, users
from beholden.engines.records.sealing import Sealer, read_again
from beholden.engines.records.user_rows import user_of, user_rows
from beholden.ports.vault import Vault


class SqlTraces:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._salt = face_salt(vault)

    def find(
        self, subjects: Names[str], user_ids: Names[str], face_ids: Names[str]
    ) -> Sequence[Trace]:
        hashes = [subject_hash(self._salt, subject) for subject in subjects]
        return read_again(lambda: self._find(hashes, [*user_ids], [*face_ids]))

    def _find(
        self, hashes: Sequence[Any], user_ids: Sequence[str], face_ids: Sequence[str]
    ) -> Sequence[Trace]:
        with self._database.reading() as connection:
            of_users = _numbers(connection, users.c.user_id.in_(user_ids), users)
            of_faces = _numbers(connection, faces.c.subject_hash.in_(hashes), faces)
            for no, nos in of_users.items():
                of_faces[no] |= _numbers(
                    connection, (faces.c.collection_no == no) & faces.c.user_no.in_(nos), faces
                )[no]
            known = [Collection(*row) for row in connection.execute(select(collections))]
            if face_ids:
                for one in known:
                    rows = faces_where(connection, one.no, faces.c.face_id, face_ids)
                    of_faces[one.no] |= {row.no for row in rows}
            return [
                self._trace(connection, one, of_faces[one.no], of_users[one.no])
                for one in known
                if of_faces[one.no] or of_users[one.no]
            ]

    def _trace(
        self, connection: Connection, collection: Collection, nos: set[int], user_nos: set[int]
    ) -> Trace:
        rows = faces_where(connection, collection.no, faces.c.no, nos)
        of_users = user_rows(collection.no).where(users.c.no.in_(user_nos))
        return Trace(
            collection,
            opened(Sealer.of(self._vault, collection), rows),
            [user_of(row) for row in connection.execute(of_users)],
        )


def _numbers(
    connection: Connection, which: ColumnElement[bool], table: Table
) -> defaultdict[int, set[int]]:
    """Numbers by collection."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for row in connection.execute(select(table.c.collection_no, table.c.no).where(which)):
        found[row.collection_no].add(row.no)
    return found
