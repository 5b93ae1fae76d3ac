"""Attack: a policy is edited on disk under a running server. It has no effect until the next start,
and that start is in the log with what was loaded before and after."""

import shutil
from importlib.resources import as_file, files

import pytest

from beholden.domain.access import Identifies, Principal, Query, Resource
from beholden.domain.errors import OperatorError
from beholden.domain.profile import Profile
from beholden.engines.policy.cedar import CedarPolicy
from beholden.first_start import FirstStart
from beholden.gate.decide import knowing
from beholden.gate.facts import PurposeFacts
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.profiles import FakeProfiles
from beholden.testing.records import FakeRecords

PERMIT_ALL = '\n@id("backdoor") permit (principal, action, resource);\n'


@pytest.fixture
def policies(tmp_path):
    with as_file(files("beholden") / "policies") as folder:
        shutil.copytree(folder, tmp_path / "policies")
    return tmp_path / "policies"


def load(folder):
    files_ = [folder / name for name in Profile.PERSONAL.files]
    return CedarPolicy(folder / "beholden.cedarschema", files_)


def outsider():
    """Whom no policy permits anything."""
    clock = FakeClock()
    records = FakeRecords(clock)
    who = Principal("mallory", "public", "gossip", "AKIATEST")
    query = Query(who, "SearchFaces", Resource("Collection", "staff"), Identifies.SEARCHES)
    known = PurposeFacts(records.purposes, records.consents, clock).of(query, {})
    return knowing(query, {**known, "credential_ended": False, "authorized": False})


def test_an_edit_under_a_running_server_decides_nothing(policies):
    running = load(policies)
    assert not running.decide(outsider()).allowed
    with (policies / "everywhere.cedar").open("a") as file:
        file.write(PERMIT_ALL)
    assert not running.decide(outsider()).allowed
    assert load(policies).decide(outsider()).policies == ("backdoor",)


def test_the_next_start_is_in_the_log_with_both_digests(policies, tmp_path):
    audit, profiles = MemoryAudit(), FakeProfiles()
    start = FirstStart(tmp_path, audit, FakeClock())
    start.profile(profiles, None)
    before = load(policies).digest
    start.policy(profiles, before)
    start.policy(profiles, before)
    with (policies / "everywhere.cedar").open("a") as file:
        file.write(PERMIT_ALL)
    after = load(policies).digest
    start.policy(profiles, after)
    loads = [r.facts for r in audit.records if r.action == "beholden:LoadPolicy"]
    assert [(facts["was"], facts["digest"]) for facts in loads] == [(None, before), (before, after)]


def test_an_edit_that_does_not_parse_stops_the_next_start(policies):
    with (policies / "everywhere.cedar").open("a") as file:
        file.write("permit (principal, action, resource)")
    with pytest.raises(OperatorError, match=r"everywhere\.cedar"):
        load(policies)
