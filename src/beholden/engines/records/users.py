"""Users and the faces associated with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from beholden.domain.arrays import Float32
from beholden.domain.errors import ConflictingState, ResourceNotFound
from beholden.domain.face import Collection, User
from beholden.domain.gallery import Subject
from beholden.domain.request_token import Answer
from beholden.engines.records.answers import keep
from beholden.engines.records.changes import Change, changing
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import pieces
from beholden.engines.records.schema import faces, users, vectors
from beholden.engines.records.sealing import Sealer, read_again
from beholden.engines.records.user_rows import delete_users, renew_templates, user_of, user_rows
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlUsers:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def create(self, collection: Collection, user_id: str, answer: Answer | None) -> User:
        with changing(self._database, collection) as change:
            (no,) = change.take(1)
            _insert(change, no, user_id)
            keep(change.connection, self._clock, answer)
        return User(no, user_id, "CREATED", 0)

    def delete(self, collection: Collection, user_id: str, answer: Answer | None) -> None:
        with changing(self._database, collection) as change:
            no = _no(change, user_id)
            change.connection.execute(
                update(faces)
                .where(faces.c.collection_no == collection.no, faces.c.user_no == no)
                .values(user_no=None)
            )
            delete_users(change, [no], self._clock.now())
            keep(change.connection, self._clock, answer)

    def get(self, collection: Collection, user_id: str) -> User:
        with self._database.reading() as connection:
            row = connection.execute(
                user_rows(collection.no).where(users.c.user_id == user_id)
            ).one_or_none()
        if row is None:
            raise _unknown(user_id)
        return user_of(row)

    def list(self, collection: Collection, after: int, limit: int) -> Sequence[User]:
        page = user_rows(collection.no).where(users.c.no > after).order_by(users.c.no).limit(limit)
        with self._database.reading() as connection:
            return [user_of(row) for row in connection.execute(page)]

    def by_no(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, User]:
        of_collection = user_rows(collection.no)
        with self._database.reading() as connection:
            return {
                row.no: user_of(row)
                for piece in pieces(nos)
                for row in connection.execute(of_collection.where(users.c.no.in_(piece)))
            }

    def embedding(self, collection: Collection, user: User) -> Float32 | None:
        return read_again(partial(self._embedding, collection, user))

    def _embedding(self, collection: Collection, user: User) -> Float32 | None:
        with self._database.reading() as connection:
            row = connection.execute(
                select(vectors.c.lot, vectors.c.sealed).where(
                    vectors.c.collection_no == collection.no, vectors.c.no == user.no
                )
            ).one_or_none()
        if row is None or row.sealed is None:
            return None
        sealer = Sealer.of(self._vault, collection)
        embeddings = sealer.open_vectors(Subject.USER, [user.no], [row.lot], [row.sealed])
        return embeddings.astype(np.float32).reshape(-1)

    def associate(
        self, collection: Collection, user: User, face_nos: Sequence[int], answer: Answer | None
    ) -> User:
        return self._move(collection, user, face_nos, answer, now=None, then=user.no)

    def disassociate(
        self, collection: Collection, user: User, face_nos: Sequence[int], answer: Answer | None
    ) -> User:
        return self._move(collection, user, face_nos, answer, now=user.no, then=None)

    def _move(
        self,
        collection: Collection,
        user: User,
        face_nos: Sequence[int],
        answer: Answer | None,
        *,
        now: int | None,
        then: int | None,
    ) -> User:
        """Faces that belong to user `now` belong to user `then` after it; None is nobody."""
        with changing(self._database, collection) as change:
            no = _no(change, user.user_id)
            if change.seq != collection.change_seq or no != user.no:
                raise ConflictingState
            if face_nos:
                _reassign(change, face_nos, now, then)
                sealer = Sealer.of(self._vault, collection)
                renew_templates(change, self._vault, sealer, [no], self._clock.now())
            keep(change.connection, self._clock, answer)
            row = change.connection.execute(user_rows(collection.no).where(users.c.no == no)).one()
        return user_of(row)


def _insert(change: Change, no: int, user_id: str) -> None:
    """Its vector is null: a user without faces has no template."""
    row = {"collection_no": change.collection_no, "no": no, "user_id": user_id}
    try:
        change.connection.execute(insert(users).values(**row))
    except IntegrityError as error:
        raise ConflictingState(f"The user id: {user_id} already exists") from error
    change.add_vectors(Subject.USER, [no], [0], [None], [None])
    change.user_count += 1


def _no(change: Change, user_id: str) -> int:
    of_id = (users.c.collection_no == change.collection_no) & (users.c.user_id == user_id)
    no: int | None = change.connection.execute(select(users.c.no).where(of_id)).scalar_one_or_none()
    if no is None:
        raise _unknown(user_id)
    return no


def _reassign(change: Change, nos: Sequence[int], now: int | None, then: int | None) -> None:
    """All or none: a face that is not where the caller saw it is a conflict."""
    moved = 0
    for piece in pieces(nos):
        moved += change.connection.execute(
            update(faces)
            .where(
                faces.c.collection_no == change.collection_no,
                faces.c.no.in_(piece),
                faces.c.user_no.is_not_distinct_from(now),
            )
            .values(user_no=then)
        ).rowcount
    if moved != len(set(nos)):
        raise ConflictingState


def _unknown(user_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"The user id: {user_id} does not exist")
