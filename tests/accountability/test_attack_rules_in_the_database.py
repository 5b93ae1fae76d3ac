"""Attack: who can write to the database changes a rule there, past Beholden: it decides nothing."""

import sqlite3
from contextlib import closing

import pytest

from beholden.domain.errors import AlteredRules


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
