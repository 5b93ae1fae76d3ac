"""Records whose tables are there already: to make them takes longer than most tests do."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.testing.clock import FakeClock
from beholden.testing.vault import FakeVault


def with_tables(folder: Path) -> str:
    """Put a file of empty records into the folder; its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "records.db"
    path.touch(mode=0o600)
    path.write_bytes(_empty())
    return sqlite_url(path)


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        SqlRecords(sqlite_url(path), FakeVault(), FakeClock()).close()
        return path.read_bytes()
