"""Rule 11: a public authority identifies nobody without an accountability report under 2 years."""

from datetime import UTC, datetime, timedelta

import pytest

from beholden.domain.errors import AccessDenied
from beholden.domain.purpose import REPORT_LIVES, AccountabilityReport

TERMS = {"Name": "door", "Basis": "ordinance 7", "RetentionDays": 30}


def test_nothing_identifies_before_the_report_is_filed(house, portrait):
    home = house("public-authority")
    admin, operator = home.as_("admin", "rules", "eve"), home.as_("operator")
    with pytest.raises(AccessDenied, match="purpose-declared"):
        operator("CreateCollection", CollectionId="wanted")
    admin("beholden:PutPurpose", **TERMS)
    operator("CreateCollection", CollectionId="wanted")
    search = {"CollectionId": "wanted", "Image": portrait}
    for operation in ("IndexFaces", "SearchFacesByImage"):
        with pytest.raises(AccessDenied, match=r"accountability-report.*--report FILE"):
            operator(operation, **search)
    admin("beholden:PutPurpose", Name="door", ReportSha256="ab" * 32)
    operator("IndexFaces", **search)
    assert operator("SearchFacesByImage", **search)["FaceMatches"]


def test_who_sets_the_terms_does_not_search(house, portrait):
    home = house("public-authority")
    admin = home.as_("admin", "door")
    admin("beholden:PutPurpose", **TERMS, ReportSha256="ab" * 32)
    admin("CreateCollection", CollectionId="wanted")
    with pytest.raises(AccessDenied, match="separate-roles"):
        admin("SearchFacesByImage", CollectionId="wanted", Image=portrait)


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
