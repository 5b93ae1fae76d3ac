"""The records engine: one database behind the ports of `ports/records.py`."""

from __future__ import annotations

from beholden.engines.records.answers import SqlAnswers
from beholden.engines.records.changes import SqlChangeFeed
from beholden.engines.records.collections import SqlCollections
from beholden.engines.records.database import Database
from beholden.engines.records.faces import SqlFaces
from beholden.engines.records.keys import SqlKeys
from beholden.engines.records.migrate import migrate
from beholden.engines.records.tags import SqlTags
from beholden.engines.records.users import SqlUsers
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlRecords:
    """Each attribute is one port. `sqlite_url(path)` gives the URL of a database in a file."""

    def __init__(self, url: str, vault: Vault, clock: Clock) -> None:
        """Open, migrate, and end what a crash left half deleted. Raises OperatorError."""
        self._database = Database(url, migrate)
        self.collections = SqlCollections(self._database, vault, clock)
        self.faces = SqlFaces(self._database, vault)
        self.users = SqlUsers(self._database, vault, clock)
        self.tags = SqlTags(self._database)
        self.answers = SqlAnswers(self._database, clock)
        self.keys = SqlKeys(self._database, vault, clock)
        self.changes = SqlChangeFeed(self._database, vault)
        self.sweep()

    def sweep(self) -> None:
        """Destroy data keys whose collection was deleted, where a crash kept them."""
        self.collections.sweep()

    def close(self) -> None:
        """Release the database. Safe to call twice."""
        self._database.close()
