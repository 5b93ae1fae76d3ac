"""The records engine: one database behind the ports of `ports/records.py`."""

from __future__ import annotations

from beholden.engines.records.answers import SqlAnswers
from beholden.engines.records.changes import SqlChangeFeed
from beholden.engines.records.collections import SqlCollections
from beholden.engines.records.consents import SqlConsents
from beholden.engines.records.database import Database
from beholden.engines.records.faces import SqlFaces
from beholden.engines.records.keys import SqlKeys
from beholden.engines.records.migrate import migrate
from beholden.engines.records.purge import purge
from beholden.engines.records.purposes import SqlPurposes
from beholden.engines.records.tags import SqlTags
from beholden.engines.records.users import SqlUsers
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlRecords:
    """Each attribute is one port. `sqlite_url(path)` gives the URL of a database in a file."""

    def __init__(self, url: str, vault: Vault, clock: Clock) -> None:
        """Open, migrate, and destroy the data keys that a crash left of deleted collections.
        Raises OperatorError."""
        self._database = Database(url, migrate)
        self.collections = SqlCollections(self._database, vault, clock)
        self.faces = SqlFaces(self._database, vault)
        self.users = SqlUsers(self._database, vault, clock)
        self.tags = SqlTags(self._database)
        self.answers = SqlAnswers(self._database, clock)
        self.keys = SqlKeys(self._database, vault, clock)
        self.changes = SqlChangeFeed(self._database, vault)
        self.purposes = SqlPurposes(self._database)
        self.consents = SqlConsents(self._database, vault, clock)
        self._doomed = self.collections.destroy_doomed_keys()

    def sweep(self) -> None:
        """Purge what a crash left of deleted collections: nobody can find or read those rows, so
        this can wait, and run beside everything else."""
        for collection_no in self._doomed:
            purge(self._database, collection_no)

    def close(self) -> None:
        """Release the database. Safe to call twice."""
        self._database.close()
