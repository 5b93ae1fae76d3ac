"""Bring a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from beholden.domain.errors import OperatorError

SCRIPTS = Path(__file__).with_name("migrations")
ADVISORY_LOCK = 0x6265686F6C64656E  # "beholden"


def migrate(connection: Connection) -> str | None:
    """Run the migrations that are missing, within the caller's writing transaction: all or none.
    Returns the revision that the tables had, None if there were none.

    On SQLite that transaction holds the file; PostgreSQL is told to let one process in at a time.
    Raises OperatorError if a newer version of Beholden made the tables.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    before = MigrationContext.configure(connection).get_current_revision()
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise OperatorError(
            f"The records were made by another version of Beholden ({error}). Run that version, "
            "or restore a backup that this one made."
        ) from error
    return before
