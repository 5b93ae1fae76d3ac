"""Enrolled faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from beholden.domain.arrays import Float32
from beholden.domain.errors import InvalidParameter, QuotaExceeded, ResourceNotFound
from beholden.domain.face import Collection, Face, NewFace
from beholden.domain.gallery import Subject
from beholden.engines.records import schema
from beholden.engines.records.changes import Change, changing
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import (
    about,
    face_rows,
    faces_where,
    fingerprint,
    opened,
    pieces,
)
from beholden.engines.records.pictures import add_pictures, delete_pictures
from beholden.engines.records.schema import users, vectors
from beholden.engines.records.sealing import Sealer
from beholden.engines.records.user_rows import renew_templates
from beholden.ports.vault import Vault


class SqlFaces:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._salt = vault.derive("records: face fingerprints")

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
            _insert(change, sealer, new)
            rows = faces_where(change.connection, collection.no, of_prints, prints)
            taken = _pictures(prints, faces, {row.fingerprint: row.no for row in rows})
            add_pictures(change.connection, self._vault, collection.no, taken)
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
        with self._database.reading() as connection:
            rows = connection.execute(page).all()
        return opened(Sealer.of(self._vault, collection), rows)

    def by_no(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, Face]:
        with self._database.reading() as connection:
            rows = faces_where(connection, collection.no, schema.faces.c.no, nos)
        return {face.no: face for face in opened(Sealer.of(self._vault, collection), rows)}

    def by_id(self, collection: Collection, face_ids: Sequence[str]) -> Mapping[str, Face]:
        with self._database.reading() as connection:
            rows = faces_where(connection, collection.no, schema.faces.c.face_id, face_ids)
        return {face.face_id: face for face in opened(Sealer.of(self._vault, collection), rows)}

    def delete(self, collection: Collection, face_ids: Sequence[str]) -> Sequence[str]:
        with changing(self._database, collection) as change:
            of_ids = schema.faces.c.face_id
            rows = faces_where(change.connection, collection.no, of_ids, face_ids)
            _delete(change, [row.no for row in rows])
            bereft = sorted({row.user_no for row in rows if row.user_no is not None})
            renew_templates(change, Sealer.of(self._vault, collection), bereft)
        return [row.face_id for row in rows]

    def embeddings(self, collection: Collection, nos: Sequence[int]) -> Float32:
        with self._database.reading() as connection:
            sealed = _sealed_templates(connection, collection.no, nos)
        if len(sealed) < len(set(nos)):
            raise ResourceNotFound("A face went away meanwhile")
        sealer = Sealer.of(self._vault, collection)
        return sealer.open_vectors(Subject.FACE, nos, [sealed[no] for no in nos]).astype(np.float32)


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


def _insert(change: Change, sealer: Sealer, new: Mapping[bytes, NewFace]) -> None:
    if not new:
        return
    nos = change.take(len(new))
    sealed = sealer.seal_about(nos, [about(face) for face in new.values()])
    change.connection.execute(
        insert(schema.faces),
        [
            {
                "collection_no": change.collection_no,
                "no": no,
                "face_id": face.face_id,
                "image_id": face.image_id,
                "fingerprint": one,
                "about": text,
            }
            for no, (one, face), text in zip(nos, new.items(), sealed, strict=True)
        ],
    )
    templates = [face.template for face in new.values()]
    change.add_vectors(
        Subject.FACE,
        nos,
        sealer.seal_vectors(Subject.FACE, nos, [template.vector for template in templates]),
        [template.quality for template in templates],
    )
    change.face_count += len(new)


def _delete(change: Change, nos: Sequence[int]) -> None:
    columns = schema.faces.c
    for piece in pieces(nos):
        change.connection.execute(
            delete(schema.faces).where(
                columns.collection_no == change.collection_no, columns.no.in_(piece)
            )
        )
    delete_pictures(change.connection, change.collection_no, nos)
    change.set_vectors(dict.fromkeys(nos))
    change.face_count -= len(nos)


def _sealed_templates(
    connection: Connection, collection_no: int, nos: Sequence[int]
) -> dict[int, bytes]:
    of_faces = select(vectors.c.no, vectors.c.sealed).where(
        vectors.c.collection_no == collection_no,
        vectors.c.subject == Subject.FACE,
        vectors.c.sealed.is_not(None),
    )
    return {
        row.no: row.sealed
        for piece in pieces(nos)
        for row in connection.execute(of_faces.where(vectors.c.no.in_(piece))).all()
    }
