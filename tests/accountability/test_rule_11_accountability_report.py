"""Rule 11: a public authority identifies nobody without an accountability report under 2 years."""

import hashlib
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files

import pytest

from beholden.domain.access import Identifies, Principal, Query, Resource
from beholden.domain.errors import AccessDenied, InvalidParameter
from beholden.domain.profile import Profile
from beholden.domain.purpose import REPORT_LIVES, AccountabilityReport
from beholden.engines.policy.cedar import CedarPolicy
from beholden.gate.decide import Judge, knowing
from beholden.gate.facts import PurposeFacts
from beholden.testing.clock import FakeClock
from beholden.testing.purposes import a_purpose
from beholden.testing.records import FakeRecords

TERMS = {"Name": "door", "Basis": "ordinance 7", "RetentionDays": 30, "Review": True}


def test_nothing_identifies_before_the_report_is_filed(house, portrait):
    home = house("public-authority")
    operator = home.as_("operator")
    with pytest.raises(AccessDenied, match="purpose-declared"):
        operator("CreateCollection", CollectionId="wanted")
    home.agreed("beholden:PutPurpose", **TERMS)
    operator("CreateCollection", CollectionId="wanted")
    search = {"CollectionId": "wanted", "Image": portrait}
    for operation in ("IndexFaces", "SearchFacesByImage"):
        with pytest.raises(AccessDenied, match=r"accountability-report.*--report FILE"):
            operator(operation, **search)
    home.agreed("beholden:PutPurpose", Name="door", Report=b"what we do, and why")
    operator("IndexFaces", **search)
    assert operator("SearchFacesByImage", **search)["FaceMatches"]


def test_who_sets_the_terms_does_not_search(house, portrait):
    home = house("public-authority")
    admin = home.as_("admin", "door")
    home.agreed("beholden:PutPurpose", **TERMS, Report=b"what we do, and why")
    admin("CreateCollection", CollectionId="wanted")
    with pytest.raises(AccessDenied, match="separate-roles"):
        admin("SearchFacesByImage", CollectionId="wanted", Image=portrait)


def test_a_report_is_kept_under_its_hash_and_cannot_be_only_claimed(house):
    home = house("organisation")
    admin = home.as_("admin", "rules")
    made = admin("beholden:PutPurpose", **TERMS, Report=b"what we do, and why")
    kept = (home.folder / "reports" / made["ReportSha256"]).read_bytes()
    assert kept == b"what we do, and why"
    assert hashlib.sha256(kept).hexdigest() == made["ReportSha256"]
    admin("beholden:PutPurpose", Name="other", Basis="law", ReportSha256="ab" * 32)
    assert home.last("beholden:PutPurpose")["facts"]["purpose"]["ReportSha256"] is None
    with pytest.raises(InvalidParameter):
        admin("beholden:PutPurpose", Name="other", Report=b"")


@pytest.mark.parametrize(
    ("moved", "current"),
    [
        (timedelta(0), True),
        (REPORT_LIVES - timedelta(days=1), True),
        (REPORT_LIVES, False),
        (timedelta(days=-1), False),
    ],
)
def test_a_stale_report_or_a_clock_set_back_before_it_ends_identification(moved, current):
    clock = FakeClock()
    records = FakeRecords(clock)
    records.purposes.put(
        a_purpose("door", review=True, report=AccountabilityReport("ab" * 32, clock.now()))
    )
    clock.advance(moved)
    facts = PurposeFacts(records.purposes, records.consents, clock)
    with as_file(files("beholden") / "policies") as folder:
        policy = CedarPolicy(
            folder / "beholden.cedarschema", [folder / f for f in Profile.PUBLIC_AUTHORITY.files]
        )
    who = Principal("ann", "operator", "door", "AKIATEST")
    query = Query(who, "SearchFaces", Resource("Collection", "x"), Identifies.SEARCHES)
    known = {"credential_ended": False, "authorized": False} | facts.of(query, {})
    decision = Judge(policy).decide(knowing(query, known), {})[0]
    assert decision.allowed is current
    assert current or decision.policies == ("accountability-report",)


def test_a_report_grows_old_and_one_from_the_future_does_not_count():
    filed = datetime(2026, 1, 1, tzinfo=UTC)
    report = AccountabilityReport("ab" * 32, filed)
    assert report.current(filed + REPORT_LIVES - timedelta(seconds=1))
    assert not report.current(filed + REPORT_LIVES)
    assert not report.current(filed - timedelta(seconds=1))


def test_an_unfinished_or_ended_purpose_is_refused(house):
    home = house("organisation")
    admin, operator = home.as_("admin", "rules", "eve"), home.as_("operator")
    admin("beholden:PutPurpose", Name="door", Basis="contract")
    with pytest.raises(AccessDenied, match="purpose-complete"):
        operator("CreateCollection", CollectionId="staff")
    admin("beholden:PutPurpose", Name="door", RetentionDays=30)
    operator("CreateCollection", CollectionId="staff")
    admin("beholden:PutPurpose", Name="door", Ended=True)
    with pytest.raises(AccessDenied, match="purpose-ended"):
        operator("CreateCollection", CollectionId="more")
