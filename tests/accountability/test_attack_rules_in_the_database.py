"""Attack: who can write to the database changes a rule there, past Beholden: it decides nothing."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256

import pytest

from beholden.cli.session import open_session
from beholden.config import Settings
from beholden.domain.errors import AlteredRules, OperatorError
from beholden.domain.profile import Profile
from beholden.first_start import FirstStart
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.purposes import a_purpose
from beholden.testing.records import FakeRecords
from beholden.testing.trail import FakeTrail
from tests.tables import before_seals

SECRET = b"a secret of the vault"


def written(home, statement, *values):
    with closing(sqlite3.connect(home.folder / "records.db")) as database, database:
        assert database.execute(statement, values).rowcount


def test_a_purpose_a_key_and_the_profile_are_refused(house):
    home = house()
    admin, ann = home.as_("admin", "development", "eve"), home.as_("operator")
    admin("beholden:PutPurpose", Name="door", Review=True)
    ann("ListCollections")
    written(home, "UPDATE purposes SET review = 0 WHERE name = 'door'")
    with pytest.raises(AlteredRules, match="row door of purposes"):
        ann("ListCollections")
    assert home.last("ListCollections")["facts"]["policies"] == ["altered-rules"]
    written(home, "UPDATE purposes SET review = 1 WHERE name = 'door'")
    ann("ListCollections")
    key = home.who("operator").key_id
    written(home, "UPDATE access_keys SET holder = 'Zed' WHERE key_id = ?", key)
    with pytest.raises(AlteredRules, match="of access_keys"):
        home.deployment.keys.find(key)
    written(home, "UPDATE profiles SET profile = 'organisation'")
    with pytest.raises(AlteredRules, match="of profiles"):
        home.restart()


def test_a_rule_that_is_gone_shows_at_the_next_start(house):
    home = house()
    home.as_("admin", "development", "eve")("beholden:PutPurpose", Name="door", Review=True)
    home.restart()
    written(home, "DELETE FROM purposes WHERE name = 'door'")
    home.restart()
    facts = home.last("beholden:RuleInForce")["facts"]
    assert (facts["missing"], facts["purpose"]["Name"]) == (True, "door")


def test_seals_taken_off_before_a_start_are_not_put_on_again(house):
    home = house()
    home.as_("admin", "development", "eve")("beholden:PutPurpose", Name="door", Review=True)
    home.deployment.close()
    written(home, "UPDATE purposes SET review = 0, seal = NULL")
    mark = sha256(b"rules are sealed").hexdigest()  # as a version before this kept it
    (home.folder / "datakeys" / f"{mark}.key").unlink(missing_ok=True)
    with pytest.raises(AlteredRules, match="of purposes"):
        home.restart()


def test_a_database_brought_back_before_seals_stops_the_start(house):
    home = house()
    home.deployment.close()
    with closing(sqlite3.connect(home.folder / "records.db")) as database, database:
        before_seals(database)
        database.execute("UPDATE access_keys SET role = 'admin'")
    with pytest.raises(OperatorError, match="the log says that they had"):
        home.restart()


def test_rules_of_a_version_before_seals_are_taken_over_once_and_the_log_says_so(tmp_path):
    audit = MemoryAudit()
    start, trail = FirstStart(tmp_path, audit, FakeClock()), FakeTrail(audit)
    start.trust(trail, {"purposes": 2})
    assert [(one.action, one.facts) for one in audit.records] == [
        ("beholden:SealRules", {"rows": {"purposes": 2}})
    ]
    start.rules(Profile.PERSONAL, FakeRecords(FakeClock()).purposes, trail, SECRET)
    with pytest.raises(OperatorError):
        start.trust(trail, {"purposes": 2})


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path)


class Kept:
    """Starts over a purpose, and the file of the rules in force."""

    def __init__(self, folder):
        self.path = folder / "rules-in-force"
        self.audit, self.purposes = MemoryAudit(), FakeRecords(FakeClock()).purposes
        self.first = FirstStart(folder, self.audit, FakeClock())
        self.purposes.put(a_purpose("door", review=True))
        self.start()

    def start(self):
        """What it logs."""
        before = len(self.audit.records)
        trail = FakeTrail(self.audit)
        self.first.rules(Profile.PERSONAL, self.purposes, trail, SECRET)
        return [one.facts for one in self.audit.records[before:]]

    def relax(self):
        self.purposes.put(a_purpose("door", review=False))


def test_a_start_without_news_logs_nothing(kept):
    assert kept.start() == []


def test_a_file_made_to_agree_with_a_relaxed_rule_hides_nothing(kept):
    kept.relax()
    text = kept.path.read_text()
    forged = text.replace('"Review": true', '"Review": false')
    assert forged != text
    kept.path.write_text(forged)
    (told,) = kept.start()
    assert told["purpose"]["Review"] is False


def test_an_older_row_put_back_with_an_older_file_shows(kept):
    kept.relax()
    kept.start()
    older = kept.path.read_bytes()
    kept.purposes.put(a_purpose("door", review=True))
    kept.start()
    kept.relax()
    kept.path.write_bytes(older)
    (told,) = kept.start()
    assert told["purpose"]["Review"] is False


@pytest.mark.parametrize(
    "content", [b"", b'{"profile": ', b"[1, 2]", b"{}", b"\xff", b'["\xc3\xa4", "x"]']
)
def test_a_file_that_is_damaged_or_not_ours_is_read_anew_from_the_log(kept, content):
    kept.path.write_bytes(content)
    assert kept.start() == []
    kept.path.write_bytes(content)
    kept.relax()
    (told,) = kept.start()
    assert told["purpose"]["Review"] is False


def test_starts_at_the_same_time_never_see_half_a_file(kept):
    def often(_):
        for _ in range(40):
            kept.start()
            assert kept.path.read_text().endswith("}]")

    with ThreadPoolExecutor() as pool:
        list(pool.map(often, range(4)))
    assert [path.name for path in kept.path.parent.iterdir()] == [kept.path.name]


def test_an_older_row_put_back_while_the_server_runs_shows_at_the_next_start(house):
    home = house()
    admin = home.as_("admin", "development", "eve")
    admin("beholden:PutPurpose", Name="door", Review=False)
    home.restart()
    admin = home.as_("admin", "development", "eve")
    with closing(sqlite3.connect(home.folder / "records.db")) as database:
        asked = "SELECT review, seal FROM purposes WHERE name = 'door'"
        older = database.execute(asked).fetchone()
    admin("beholden:PutPurpose", Name="door", Review=True)
    written(home, "UPDATE purposes SET review = ?, seal = ? WHERE name = 'door'", *older)
    before = len(home.told("beholden:RuleInForce"))
    home.restart()
    (told,) = home.told("beholden:RuleInForce")[before:]
    assert told["facts"]["purpose"]["Review"] is False


def test_a_shell_makes_no_second_administrator(house):
    home = house("public-authority")
    (home.folder / "credentials").unlink()
    home.restart()
    assert not (home.folder / "credentials").exists()
    with (
        pytest.raises(OperatorError, match="BEHOLDEN_CREDENTIALS"),
        open_session(Settings(data_dir=home.folder)),
    ):
        pass
    (only,) = home.deployment.keys.list()
    home.deployment.keys.disable(only.key_id)
    home.restart()
    assert (home.folder / "credentials").exists()


def test_a_household_that_lost_its_key_gets_another(house):
    home = house()
    (home.folder / "credentials").unlink()
    home.restart()
    assert (home.folder / "credentials").exists()
    assert len(home.told("beholden:FirstKey")) == 2
