"""A user as a row, and its template, which its faces make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, delete, func, select, update

from beholden.domain.face import User
from beholden.domain.gallery import Subject
from beholden.domain.user_template import user_template
from beholden.engines.records.changes import Change
from beholden.engines.records.face_rows import pieces
from beholden.engines.records.lots import Kind, shed, take_lots
from beholden.engines.records.schema import faces, users, vectors
from beholden.engines.records.sealing import Sealer
from beholden.ports.vault import Vault


def user_rows(collection_no: int) -> Select[Any]:
    """The collection's users with the number of their faces."""
    count = (
        select(func.count())
        .select_from(faces)
        .where(faces.c.collection_no == users.c.collection_no, faces.c.user_no == users.c.no)
        .scalar_subquery()
    )
    return select(users.c.no, users.c.user_id, count.label("face_count")).where(
        users.c.collection_no == collection_no
    )


def user_of(row: Row[Any]) -> User:
    """CREATED is a user without faces, ACTIVE one whose associations are complete (API reference
    of AssociateFaces); they are complete when the transaction is, so nobody sees UPDATING."""
    return User(row.no, row.user_id, "ACTIVE" if row.face_count else "CREATED", row.face_count)


def renew_templates(
    change: Change, vault: Vault, sealer: Sealer, user_nos: Sequence[int], now: datetime
) -> None:
    """Make the templates of these users anew from the faces that they have now. A template stays
    in its lot, so that all its versions end with one key."""
    for no in user_nos:
        rows = _faces_of(change, no)
        if not rows:
            change.set_vectors({no: None})
            continue
        lot = _lot(change, vault, no, now)
        nos, lots, sealed, qualities = zip(*rows, strict=True)
        vectors_of_faces = sealer.open_vectors(Subject.FACE, nos, lots, sealed)
        template = user_template(vectors_of_faces, np.array(qualities, np.float32))
        change.set_vectors({no: sealer.seal_vectors(Subject.USER, [no], [lot], [template])[0]}, lot)


def delete_users(change: Change, nos: Sequence[int], now: datetime) -> None:
    """Users that no face is associated with (any more)."""
    shed(change, user_lots(change, nos), now)
    for piece in pieces(nos):
        change.connection.execute(
            delete(users).where(
                users.c.collection_no == change.collection_no, users.c.no.in_(piece)
            )
        )
    change.set_vectors(dict.fromkeys(nos))
    change.user_count -= len(nos)


def faceless(change: Change, nos: Sequence[int]) -> list[int]:
    """Those of these users whom no face is associated with."""
    with_faces = {
        no
        for piece in pieces(nos)
        for no in change.connection.execute(
            select(faces.c.user_no)
            .where(faces.c.collection_no == change.collection_no, faces.c.user_no.in_(piece))
            .distinct()
        ).scalars()
    }
    return [no for no in nos if no not in with_faces]


def user_lots(change: Change, user_nos: Iterable[int]) -> list[int]:
    """The lots that hold templates of these users."""
    return [
        lot
        for piece in pieces(user_nos)
        for lot in change.connection.execute(
            select(users.c.lot).where(
                users.c.collection_no == change.collection_no, users.c.no.in_(piece)
            )
        ).scalars()
    ]


def _lot(change: Change, vault: Vault, no: int, now: datetime) -> int:
    """The lot of a user's template: with the first one it is given one."""
    of_user = (users.c.collection_no == change.collection_no) & (users.c.no == no)
    lot: int = change.connection.execute(select(users.c.lot).where(of_user)).scalar_one()
    if not lot:
        (lot,) = take_lots(change, vault, Kind(Subject.USER, "", now), 1)
        change.connection.execute(update(users).where(of_user).values(lot=lot))
    return lot


def _faces_of(change: Change, user_no: int) -> Sequence[Any]:
    """Number, lot, sealed template and quality of each face that is searched."""
    of_face = (faces.c.collection_no == vectors.c.collection_no) & (faces.c.no == vectors.c.no)
    return change.connection.execute(
        select(vectors.c.no, vectors.c.lot, vectors.c.sealed, vectors.c.quality)
        .select_from(faces.join(vectors, of_face))
        .where(
            faces.c.collection_no == change.collection_no,
            faces.c.user_no == user_no,
            vectors.c.sealed.is_not(None),
        )
        .order_by(vectors.c.no)
    ).all()
