"""A row that carries a rule counts as this deployment wrote it, or not at all."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from beholden.domain.consent import Consent
from beholden.domain.errors import AlteredRules, OperatorError
from beholden.domain.key import NewSession
from beholden.domain.profile import Profile
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.seals import RULES, trust_nothing
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION
from beholden.testing.leads import a_finding, a_lead, a_verdict
from beholden.testing.purposes import a_purpose
from beholden.testing.vault import FakeVault
from tests.tables import before_seals, with_tables

pytestmark = pytest.mark.slow

# Of each table: what an attacker would have its row say, and all who read it.
ATTACKS = {
    "purposes": (
        "review = 0",
        lambda home: home.purposes.get("door"),
        lambda home: home.purposes.list(),
    ),
    "bindings": (
        "purpose = 'street'",
        lambda home: home.purposes.bound("staff"),
        lambda home: home.purposes.collections("street"),
    ),
    "consents": (
        "withdrawn_at = NULL",
        lambda home: home.consents.given("eileen", "door"),
        lambda home: home.consents.list(),
        lambda home: home.consents.withdraw("eileen", "door"),
    ),
    "profiles": ("profile = 'personal'", lambda home: home.profiles.current()),
    "proposals": (
        "proposed_by = 'bob'",
        lambda home: home.proposals.waiting(),
        lambda home: home.proposals.get(1),
        lambda home: home.proposals.close(1, "ann"),
    ),
    "access_keys": (
        "role = 'admin'",
        lambda home: home.keys.find(home.key),
        lambda home: home.keys.list(),
        lambda home: home.keys.disable(home.key),
    ),
    "sessions": ("purpose = 'street'", lambda home: home.keys.find(home.session)),
    "leads": (
        "searcher = 'bob'",
        lambda home: home.leads.get("lead-1"),
        lambda home: home.leads.list(),
        lambda home: home.leads.open("lead-1"),
        lambda home: home.leads.judge("lead-1", a_verdict("saul", 3)),
    ),
    "verdicts": (
        "reviewer = 'saul'",
        lambda home: home.leads.get("lead-1"),
        lambda home: home.leads.open("lead-1"),
        lambda home: home.leads.judge("lead-1", a_verdict("rita", 3)),
    ),
}


class Home:
    """Records with one row in each table that has seals."""

    def __init__(self, folder):
        self.folder, self.vault, self.clock = folder, FakeVault(), FakeClock()
        with_tables(folder)
        self.open()
        records, now = self.records, self.clock.now()
        records.purposes.put(a_purpose("door", review=True))
        records.collections.create("staff", "arn:staff", MODEL_VERSION, {}, "door")
        records.consents.add(Consent("eileen", "door", "ab" * 32, "ann", now), "yes")
        records.consents.withdraw("eileen", "door")
        records.profiles.choose(Profile.ORGANISATION)
        records.proposals.add("profile", {"Profile": "personal"}, "ann")
        key, _ = records.keys.create("ann", "operator", "door")
        asked = NewSession("operator", "door", "night shift", now + timedelta(hours=1))
        session, _, _ = records.keys.open_session(key, asked)
        self.key, self.session = key.key_id, session.key_id
        records.leads.add(a_lead(), a_finding(3, 5))
        records.leads.judge("lead-1", a_verdict("rita", 3))

    def open(self, trust=trust_nothing):
        url = sqlite_url(self.folder / "records.db")
        self.records = SqlRecords(url, self.vault, self.clock, trust)

    def __getattr__(self, port):
        return getattr(self.records, port)

    def reopen(self, trust=trust_nothing):
        self.records.close()
        self.open(trust)

    def written(self, statement):
        """Written past Beholden."""
        with closing(sqlite3.connect(self.folder / "records.db")) as database, database:
            assert database.execute(statement).rowcount == 1

    def before_seals(self):
        """As the revision before them had the tables."""
        self.records.close()
        with closing(sqlite3.connect(self.folder / "records.db")) as database, database:
            before_seals(database)

    def read(self):
        """A row of each table."""
        return [read(self) for _, read, *_ in ATTACKS.values()]


@pytest.fixture
def home(tmp_path):
    one = Home(tmp_path)
    yield one
    one.records.close()


def test_every_table_with_seals_is_attacked_here():
    assert ATTACKS.keys() == {table.name for table in RULES}


@pytest.mark.parametrize("table", ATTACKS)
def test_a_row_that_was_altered_is_refused(home, table):
    said, *readers = ATTACKS[table]
    home.read()
    home.written(f"UPDATE {table} SET {said}")
    for read in readers:
        with pytest.raises(AlteredRules, match=f"of {table}"):
            read(home)


@pytest.mark.parametrize("table", ATTACKS)
def test_a_row_whose_seal_was_taken_off_is_refused_after_a_start_too(home, table):
    home.written(f"UPDATE {table} SET seal = NULL")
    for _ in range(2):
        with pytest.raises(AlteredRules, match=f"of {table}"):
            home.read()
        home.reopen()


def test_what_a_version_before_seals_wrote_is_sealed_once_somebody_vouches_for_it(home):
    before, told = home.read(), []
    home.before_seals()
    with pytest.raises(OperatorError, match="before seals"):
        home.open()
    home.open(told.append)
    assert told == [dict.fromkeys((table.name for table in RULES), 1)]
    assert home.read() == before
    home.written("UPDATE purposes SET seal = NULL")
    home.reopen(told.append)
    with pytest.raises(AlteredRules):
        home.read()
    assert len(told) == 1


def test_no_rows_no_trust(tmp_path):
    told = []
    url, vault = sqlite_url(tmp_path / "records.db"), FakeVault()
    SqlRecords(url, vault, FakeClock(), told.append).close()
    with closing(sqlite3.connect(tmp_path / "records.db")) as database, database:
        before_seals(database)
    SqlRecords(url, vault, FakeClock(), told.append).close()
    assert told == []


def test_seals_taken_off_and_the_revision_set_back_is_no_version_before_seals(home):
    home.records.close()
    with closing(sqlite3.connect(home.folder / "records.db")) as database, database:
        for table in RULES:
            database.execute(f"UPDATE {table.name} SET seal = NULL")
        database.execute("UPDATE alembic_version SET version_num = '0011_recordings'")
    with pytest.raises(OperatorError, match="duplicate column"):
        home.open(lambda rows: None)
