"""Records whose tables are there already: to make them takes longer than most tests do."""

import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.seals import RULES
from beholden.testing.clock import FakeClock
from beholden.testing.vault import FakeVault


def with_tables(folder: Path) -> str:
    """Put a file of empty records into the folder; its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "records.db"
    path.touch(mode=0o600)
    path.write_bytes(_empty())
    return sqlite_url(path)


def before_seals(database: sqlite3.Connection) -> None:
    """Bring the tables back to the revision before rules had seals."""
    for table in RULES:
        database.execute(f"ALTER TABLE {table.name} DROP COLUMN seal")
    database.execute("ALTER TABLE authorizations DROP COLUMN data_key")
    database.execute("UPDATE alembic_version SET version_num = '0011_recordings'")


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        SqlRecords(sqlite_url(path), FakeVault(), FakeClock()).close()
        return path.read_bytes()
