"""The end of a deleted collection's rows, in steps that let others write in between."""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, func, select

from beholden.engines.records.database import Database
from beholden.engines.records.schema import doomed, faces, users, vectors

STEP = 2000


def purge(database: Database, collection_no: int) -> None:
    """Delete all rows of a doomed collection. Can be repeated, and run twice at once."""
    for table in (vectors, faces, users):  # faces refer to users
        left = True
        while left:
            with database.writing() as connection:
                left = _purge_step(connection, table, collection_no)
    with database.writing() as connection:
        connection.execute(delete(doomed).where(doomed.c.collection_no == collection_no))


def _purge_step(connection: Connection, table: Table, collection_no: int) -> bool:
    """Delete up to STEP numbers, and tell whether there were any."""
    of_collection = table.c.collection_no == collection_no
    step = select(table.c.no).where(of_collection).order_by(table.c.no).limit(STEP).subquery()
    last = connection.execute(select(func.max(step.c.no))).scalar_one()
    if last is None:
        return False
    connection.execute(delete(table).where(of_collection, table.c.no <= last))
    return True
