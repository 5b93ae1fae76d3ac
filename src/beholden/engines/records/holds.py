"""Holds: a face that is kept, while galleries see it as deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update

from beholden.domain.face import Hold
from beholden.engines.records.changes import Change
from beholden.engines.records.schema import faces, vectors


def set_hold(change: Change, row: Row[Any], hold: Hold | None) -> None:
    """Hold a face, release it (None), or change why it is held. Its sealed template moves from
    where galleries look to where they do not, or back."""
    of_face = (faces.c.collection_no == change.collection_no) & (faces.c.no == row.no)
    to_face = update(faces).where(of_face)
    change.connection.execute(to_face.values(hold=hold))
    if (hold is None) == (row.hold is None):
        return
    of_vector = (vectors.c.collection_no == change.collection_no) & (vectors.c.no == row.no)
    of_template = select(faces.c.kept).where(of_face)
    if hold is not None:
        of_template = select(vectors.c.sealed).where(of_vector)
    template = change.connection.execute(of_template).scalar_one()
    change.connection.execute(to_face.values(kept=template if hold is not None else None))
    change.set_vectors({row.no: None if hold is not None else template}, row.lot)
