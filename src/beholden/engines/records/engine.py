"""The records engine: one database behind the ports of `ports/records.py`."""

from __future__ import annotations

from beholden.engines.records.alerts import SqlAlerts
from beholden.engines.records.answers import SqlAnswers
from beholden.engines.records.authorizations import SqlAuthorizations
from beholden.engines.records.changes import SqlChangeFeed
from beholden.engines.records.collections import SqlCollections
from beholden.engines.records.consents import SqlConsents
from beholden.engines.records.database import Database
from beholden.engines.records.faces import SqlFaces
from beholden.engines.records.job_queue import SqlJobQueue
from beholden.engines.records.jobs import SqlJobs
from beholden.engines.records.keys import SqlKeys
from beholden.engines.records.leads import SqlLeads
from beholden.engines.records.pictures import SqlPictures
from beholden.engines.records.profiles import SqlProfiles, SqlProposals
from beholden.engines.records.purge import Purger
from beholden.engines.records.purposes import SqlPurposes
from beholden.engines.records.recordings import SqlRecordings
from beholden.engines.records.retention import SqlRetention
from beholden.engines.records.seals import Seals, Trust, trust_nothing
from beholden.engines.records.streams import SqlCameras, SqlStreamProcessors
from beholden.engines.records.tags import SqlTags
from beholden.engines.records.traces import SqlTraces
from beholden.engines.records.users import SqlUsers
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlRecords:
    """Each attribute is one port. `sqlite_url(path)` gives the URL of a database in a file."""

    def __init__(self, url: str, vault: Vault, clock: Clock, trust: Trust = trust_nothing) -> None:
        """Open, migrate, and end what a crash left of deleted collections; `trust` is asked about
        rules of a version before seals. Raises OperatorError."""
        seals = Seals(vault, trust)
        self._database = Database(url, seals.migrate)
        self._purger = Purger(self._database, vault)
        self.collections = SqlCollections(self._database, vault, clock, self._purger, seals)
        self.faces = SqlFaces(self._database, vault, clock)
        self.users = SqlUsers(self._database, vault, clock)
        self.tags = SqlTags(self._database)
        self.answers = SqlAnswers(self._database, clock)
        self.keys = SqlKeys(self._database, vault, clock, seals)
        self.changes = SqlChangeFeed(self._database, vault)
        self.purposes = SqlPurposes(self._database, seals)
        self.consents = SqlConsents(self._database, vault, clock, seals)
        self.profiles = SqlProfiles(self._database, clock, seals)
        self.proposals = SqlProposals(self._database, clock, seals)
        self.authorizations = SqlAuthorizations(self._database, vault)
        self.leads = SqlLeads(self._database, vault, clock, seals)
        self.pictures = SqlPictures(self._database, vault)
        self.alerts = SqlAlerts(self._database, clock)
        self.jobs = SqlJobs(self._database, vault, clock)
        self.job_queue = SqlJobQueue(self._database, vault, clock)
        self.retention = SqlRetention(self._database, vault)
        self.traces = SqlTraces(self._database, vault)
        self.cameras = SqlCameras(self._database, vault)
        self.stream_processors = SqlStreamProcessors(self._database, vault, clock)
        self.recordings = SqlRecordings(self._database, vault, clock)
        self.collections.sweep()

    def sweep(self) -> None:
        """Return when nothing is left of the collections deleted so far."""
        self.collections.sweep()
        self._purger.wait()

    def close(self) -> None:
        """Release the database. Safe to call twice."""
        self._purger.close()
        self._database.close()
