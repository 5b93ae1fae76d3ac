"""A user as a row, and its template, which its faces make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, func, select

from beholden.domain.face import User
from beholden.domain.gallery import Subject
from beholden.domain.user_template import user_template
from beholden.engines.records.changes import Change
from beholden.engines.records.schema import faces, users, vectors
from beholden.engines.records.sealing import Sealer


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


def renew_templates(change: Change, sealer: Sealer, user_nos: Sequence[int]) -> None:
    """Make the templates of these users anew from the faces that they have now."""
    change.set_vectors({no: _sealed(change, sealer, no) for no in user_nos})


def _sealed(change: Change, sealer: Sealer, user_no: int) -> bytes | None:
    of_face = (faces.c.collection_no == vectors.c.collection_no) & (faces.c.no == vectors.c.no)
    rows = change.connection.execute(
        select(vectors.c.no, vectors.c.sealed, vectors.c.quality)
        .select_from(faces.join(vectors, of_face))
        .where(faces.c.collection_no == change.collection_no, faces.c.user_no == user_no)
        .order_by(vectors.c.no)
    ).all()
    if not rows:
        return None
    nos, sealed, qualities = zip(*rows, strict=True)
    template = user_template(
        sealer.open_vectors(Subject.FACE, nos, sealed), np.array(qualities, np.float32)
    )
    return sealer.seal_vectors(Subject.USER, [user_no], [template])[0]
