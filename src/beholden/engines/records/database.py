"""One database, SQLite or another that SQLAlchemy speaks: transactions and plain errors."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from beholden.domain.errors import OperatorError, ServerError

BUSY_TIMEOUT_S = 10
REMEDIES = {
    "full": "Free space on its disk.",
    "lock": "Another program holds it: end that program, or try again.",
    "malformed": "The file is damaged: restore it from a backup.",
    "not a database": "The file is damaged: restore it from a backup.",
}
CHECK_FOLDER = "Check that its folder exists and belongs to the user who runs Beholden."


class Database:
    """Short transactions over a pool of connections; safe to use from many threads."""

    def __init__(self, url: str, migrate: Callable[[Connection], object]) -> None:
        """Open and migrate, one process at a time. Raises OperatorError with the remedy."""
        self._url = make_url(url)
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = create_engine(self._url, max_overflow=40, hide_parameters=True)
        self._writer = self._engine.execution_options(writes=True)
        # SQLite takes one writer at a time and lets the others poll: a lock hands over at once.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self._is_sqlite else nullcontext()
        )
        if self._is_sqlite:
            event.listen(self._engine, "connect", _configure_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._watcher: sqlite3.Connection | None = None
        self._watching = threading.Lock()
        try:
            self._start(migrate)
            if self._is_sqlite:
                path = self._url.database or ""
                self._watcher = sqlite3.connect(path, check_same_thread=False)
        except (SQLAlchemyError, OSError, Timeout) as error:
            self.close()
            raise self._unusable(error) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database. Raises ServerError."""
        with _failures(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable when it ends without an error. Raises ServerError."""
        with self._turn, _failures(), self._writer.begin() as connection:
            yield connection

    def state(self) -> int | None:
        """A number that changes with every commit, of whichever process: what was read under it
        still stands. None where the database has no cheap one (SQLite: PRAGMA data_version)."""
        if self._watcher is None:
            return None
        with self._watching:
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    def forget_deleted(self) -> None:
        """Leave nothing of what was deleted in SQLite's write-ahead log. Readers at work can keep
        some of it there until the next call."""
        if self._is_sqlite:
            with closing(sqlite3.connect(self._url.database or "", timeout=1)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with self._watching:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
        self._engine.dispose()

    def _start(self, migrate: Callable[[Connection], object]) -> None:
        held = _sqlite_file_held(self._url) if self._is_sqlite else nullcontext()
        with held, self._writer.begin() as connection:
            migrate(connection)

    def _unusable(self, error: Exception) -> OperatorError:
        reason = str(getattr(error, "orig", error))
        remedy = next((said for sign, said in REMEDIES.items() if sign in reason), CHECK_FOLDER)
        where = self._url.render_as_string(hide_password=True)
        return OperatorError(f"The records at {where} cannot be used: {reason}. {remedy}")


def sqlite_url(path: Path) -> str:
    """The URL of a database in a file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise ServerError(f"the records failed: {error}") from error


@contextmanager
def _sqlite_file_held(url: URL) -> Iterator[None]:
    """The file exists, for its owner only, and no other process starts on it meanwhile."""
    path = Path(url.database or "")
    path.touch(mode=0o600)
    with FileLock(path.with_name(f"{path.name}.lock"), timeout=60):
        yield


def _configure_sqlite(driver: Any, _record: object) -> None:
    """FULL: a commit is on the disk when it returns. secure_delete: what is deleted is zeroed."""
    driver.isolation_level = None  # transactions begin where SQLAlchemy begins them
    for setting in (
        f"busy_timeout = {BUSY_TIMEOUT_S * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        driver.execute(f"PRAGMA {setting}").close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: to take it later can fail, however long one waits."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
