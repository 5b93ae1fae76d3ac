"""Enrolled faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, insert, select

from beholden.domain.arrays import Float32
from beholden.domain.errors import InvalidParameter, QuotaExceeded, ResourceNotFound
from beholden.domain.face import Collection, Face, Hold, NewFace
from beholden.domain.gallery import Subject
from beholden.engines.records import schema
from beholden.engines.records.changes import Change, changing
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import (
    about,
    face_rows,
    face_salt,
    faces_where,
    fingerprint,
    opened,
    pieces,
    subject_hash,
)
from beholden.engines.records.holds import set_hold
from beholden.engines.records.lots import Kind, shed, take_lots
from beholden.engines.records.pictures import add_pictures, delete_pictures
from beholden.engines.records.schema import users, vectors
from beholden.engines.records.sealing import Sealer, read_again
from beholden.engines.records.user_rows import delete_users, faceless, renew_templates, user_lots
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlFaces:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._salt = face_salt(vault)

    def add(self, collection: Collection, faces: Sequence[NewFace], quota: int) -> Sequence[Face]:
        _check_model(collection, faces)
        prints = [fingerprint(self._salt, face) for face in faces]
        sealer = Sealer.of(self._vault, collection)
        of_prints = schema.faces.c.fingerprint
        with changing(self._database, collection) as change:
            known = {
                row.fingerprint
                for row in faces_where(change.connection, collection.no, of_prints, prints)
            }
            new = _first_of_each(prints, faces, known)
            if change.face_count + len(new) > quota:
                raise QuotaExceeded(f"A collection can hold at most {quota} faces.")
            self._insert(change, sealer, new)
            rows = faces_where(change.connection, collection.no, of_prints, prints)
            taken = _pictures(prints, faces, {row.fingerprint: row.no for row in rows})
            add_pictures(change.connection, sealer, taken, {row.no: row.lot for row in rows})
        enrolled = dict(zip((row.fingerprint for row in rows), opened(sealer, rows), strict=True))
        return [enrolled[one] for one in prints]

    def list(
        self,
        collection: Collection,
        after: int,
        limit: int,
        *,
        user_id: str | None = None,
        face_ids: Sequence[str] | None = None,
    ) -> Sequence[Face]:
        columns = schema.faces.c
        page = face_rows(collection.no).where(columns.no > after).order_by(columns.no).limit(limit)
        if user_id is not None:
            page = page.where(users.c.user_id == user_id)
        if face_ids is not None:
            page = page.where(columns.face_id.in_(face_ids))
        return self._opened(collection, lambda connection: connection.execute(page).all())

    def by_no(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, Face]:
        found = self._opened(
            collection, lambda tx: faces_where(tx, collection.no, schema.faces.c.no, nos)
        )
        return {face.no: face for face in found}

    def by_id(self, collection: Collection, face_ids: Sequence[str]) -> Mapping[str, Face]:
        found = self._opened(
            collection, lambda tx: faces_where(tx, collection.no, schema.faces.c.face_id, face_ids)
        )
        return {face.face_id: face for face in found}

    def delete(
        self, collection: Collection, face_ids: Sequence[str], *, with_users: bool = False
    ) -> Sequence[str]:
        now = self._clock.now()
        with changing(self._database, collection) as change:
            of_ids = schema.faces.c.face_id
            rows = faces_where(change.connection, collection.no, of_ids, face_ids)
            rows = [row for row in rows if row.hold != Hold.LEGAL]
            _delete(change, rows, now)
            self._renew_users(change, collection, rows, now, with_users=with_users)
        return [row.face_id for row in rows]

    def hold(
        self, collection: Collection, face_ids: Sequence[str], hold: Hold | None
    ) -> Sequence[str]:
        now = self._clock.now()
        with changing(self._database, collection) as change:
            of_ids = schema.faces.c.face_id
            rows = faces_where(change.connection, collection.no, of_ids, face_ids)
            for row in rows:
                set_hold(change, row, hold)
            self._renew_users(change, collection, rows, now)
        return [row.face_id for row in rows]

    def embeddings(self, collection: Collection, nos: Sequence[int]) -> Float32:
        return read_again(partial(self._embeddings, collection, nos))

    def _embeddings(self, collection: Collection, nos: Sequence[int]) -> Float32:
        with self._database.reading() as connection:
            found = _sealed_templates(connection, collection.no, nos)
        if len(found) < len(set(nos)):
            raise ResourceNotFound("A face went away meanwhile")
        sealer = Sealer.of(self._vault, collection)
        lots, sealed = [found[no].lot for no in nos], [found[no].sealed for no in nos]
        return sealer.open_vectors(Subject.FACE, nos, lots, sealed).astype(np.float32)

    def _opened(
        self, collection: Collection, rows: Callable[[Connection], Sequence[Row[Any]]]
    ) -> Sequence[Face]:
        def read() -> Sequence[Face]:
            with self._database.reading() as connection:
                found = rows(connection)
            return opened(Sealer.of(self._vault, collection), found)

        return read_again(read)

    def _insert(self, change: Change, sealer: Sealer, new: Mapping[bytes, NewFace]) -> None:
        if not new:
            return
        now = self._clock.now()
        nos = change.take(len(new))
        kind = Kind(Subject.FACE, next(iter(new.values())).purpose, now)
        lots = take_lots(change, self._vault, kind, len(new))
        sealed = sealer.seal_about(nos, lots, [about(face) for face in new.values()])
        change.connection.execute(
            insert(schema.faces),
            [
                {
                    "collection_no": change.collection_no,
                    "no": no,
                    "face_id": face.face_id,
                    "image_id": face.image_id,
                    "fingerprint": one,
                    "subject_hash": subject_hash(self._salt, face.external_image_id),
                    "enrolled_at": now,
                    "lot": lot,
                    "about": text,
                }
                for no, (one, face), lot, text in zip(nos, new.items(), lots, sealed, strict=True)
            ],
        )
        templates = [face.template for face in new.values()]
        vectors_of = [template.vector for template in templates]
        change.add_vectors(
            Subject.FACE,
            nos,
            lots,
            sealer.seal_vectors(Subject.FACE, nos, lots, vectors_of),
            [template.quality for template in templates],
        )
        change.face_count += len(new)

    def _renew_users(
        self,
        change: Change,
        collection: Collection,
        rows: Sequence[Row[Any]],
        now: datetime,
        *,
        with_users: bool = False,
    ) -> None:
        """After a change to these faces: their users' templates anew, and earlier ones on their way
        to be unreadable; `with_users`, who has no face left goes too."""
        concerned = sorted({row.user_no for row in rows if row.user_no is not None})
        shed(change, user_lots(change, concerned), now)
        if with_users:
            gone = faceless(change, concerned)
            delete_users(change, gone, now)
            concerned = [no for no in concerned if no not in set(gone)]
        sealer = Sealer.of(self._vault, collection)
        renew_templates(change, self._vault, sealer, concerned, now)


def _check_model(collection: Collection, faces: Sequence[NewFace]) -> None:
    """A collection holds templates of one model: those of two cannot be compared."""
    for face in faces:
        if face.template.model_version != collection.model_version:
            raise InvalidParameter(
                f"The collection {collection.collection_id} holds faces of model version "
                f"{collection.model_version}, not {face.template.model_version}."
            )


def _first_of_each(
    prints: Sequence[bytes], faces: Sequence[NewFace], known: set[bytes]
) -> dict[bytes, NewFace]:
    new: dict[bytes, NewFace] = {}
    for one, face in zip(prints, faces, strict=True):
        if one not in known:
            new.setdefault(one, face)
    return new


def _pictures(
    prints: Sequence[bytes], faces: Sequence[NewFace], nos: Mapping[bytes, int]
) -> dict[int, bytes]:
    """Pictures by face number: of faces that were enrolled before, too."""
    taken = zip(prints, faces, strict=True)
    return {nos[one]: face.picture for one, face in taken if face.picture is not None}


def _delete(change: Change, rows: Sequence[Row[Any]], now: datetime) -> None:
    columns = schema.faces.c
    nos = [row.no for row in rows]
    for piece in pieces(nos):
        change.connection.execute(
            delete(schema.faces).where(
                columns.collection_no == change.collection_no, columns.no.in_(piece)
            )
        )
    delete_pictures(change.connection, change.collection_no, nos)
    change.set_vectors(dict.fromkeys(nos))
    change.face_count -= len(nos)
    shed(change, (row.lot for row in rows), now)


def _sealed_templates(
    connection: Connection, collection_no: int, nos: Sequence[int]
) -> dict[int, Any]:
    """The rows by number."""
    of_faces = select(vectors.c.no, vectors.c.lot, vectors.c.sealed).where(
        vectors.c.collection_no == collection_no,
        vectors.c.subject == Subject.FACE,
        vectors.c.sealed.is_not(None),
    )
    return {
        row.no: row
        for piece in pieces(nos)
        for row in connection.execute(of_faces.where(vectors.c.no.in_(piece))).all()
    }
