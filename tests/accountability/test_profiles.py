"""A profile is chosen once and changed by people; every operation is known to the policies."""

import shutil
from importlib.resources import files

import pytest

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings
from beholden.domain.errors import AccessDenied, OperatorError, ResourceNotFound
from beholden.domain.profile import Profile
from beholden.engines.policy.cedar import CedarPolicy
from beholden.gate.registry import REGISTRY


def test_a_profile_is_not_relaxed_by_a_start_option(house, tmp_path):
    house("public-authority").deployment.close()
    with pytest.raises(OperatorError, match="public-authority, and keeps it"):
        open_deployment(Settings(data_dir=tmp_path / "public-authority", profile="personal"))


@pytest.mark.parametrize("profile", ["personal", "organisation", "public-authority"])
def test_the_public_may_do_nothing_at_all(house, profile):
    public = house(profile).as_("public")
    with pytest.raises(AccessDenied, match="no policy permits"):
        public("ListCollections")


def test_every_operation_is_in_the_schema():
    schema = (files("beholden") / "policies/beholden.cedarschema").read_text()
    missing = [name for name in REGISTRY if f'"{name}"' not in schema and f" {name}" not in schema]
    assert missing == []


def test_an_organisation_changes_its_profile_alone_and_the_log_says_so(house):
    home = house("organisation")
    home.as_("admin", "rules", "eve")("beholden:ChooseProfile", Profile="public-authority")
    assert home.deployment.profile is Profile.ORGANISATION  # a running server keeps its rules
    home.restart()
    assert home.deployment.profile is Profile.PUBLIC_AUTHORITY
    assert home.last("beholden:ChooseProfile")["facts"]["profile"] == "public-authority"
    first, second = home.told("beholden:LoadPolicy")
    assert second["facts"]["profile"] == "public-authority"
    assert second["facts"]["digest"] != first["facts"]["digest"]


def test_leaving_public_authority_takes_two_people(house):
    home = house("public-authority")
    eve, frank = (home.as_("admin", "rules", name) for name in ("eve", "frank"))
    number = eve("beholden:ChooseProfile", Profile="personal")["Proposal"]["Number"]
    home.restart()
    assert home.deployment.profile is Profile.PUBLIC_AUTHORITY
    eve, frank = (home.as_("admin", "rules", name) for name in ("eve", "frank"))
    for name in ("eve", "Eve", " e v e "):
        with pytest.raises(AccessDenied, match="two-people"):
            home.as_("admin", "other rules", name)("beholden:Approve", Number=number)
    for role in ("operator", "reviewer", "auditor"):
        with pytest.raises(AccessDenied, match="role-admin"):
            home.as_(role, "rules", "mallory")("beholden:Approve", Number=number)
    (waiting,) = frank("beholden:ListProposals")["Proposals"]
    assert (waiting["Change"], waiting["ProposedBy"]) == ({"Profile": "personal"}, "eve")
    assert frank("beholden:Approve", Number=number)["Profile"] == "personal"
    with pytest.raises(ResourceNotFound):
        frank("beholden:Approve", Number=number)
    home.restart()
    assert home.deployment.profile is Profile.PERSONAL
    outcome = home.last("beholden:Approve")
    assert outcome["facts"]["error"] == "ResourceNotFoundException"
    approved = [r for r in home.told("beholden:Approve") if r["kind"] == "outcome"]
    assert [r["principal"] for r in approved] == ["frank"]
    assert approved[0]["facts"]["approved"]["ProposedBy"] == "eve"


def test_a_public_authority_loosens_no_purpose_with_one_person(house):
    home = house("public-authority")
    terms = {"Name": "door", "Basis": "ordinance 7", "RetentionDays": 30, "ThresholdFloor": 99}
    home.agreed("beholden:PutPurpose", **terms)
    home.as_("operator", "door")("CreateCollection", CollectionId="wanted")
    eve = home.as_("admin", "rules", "eve")
    assert "Proposal" in eve("beholden:PutPurpose", Name="door", ThresholdFloor=0)
    bound = eve("beholden:BindCollection", CollectionId="wanted", Purpose="parking")
    (door,) = eve("beholden:ListPurposes")["Purposes"]
    assert (door["ThresholdFloor"], door["Collections"]) == (99, ["wanted"])
    assert "Rejected" in eve("beholden:Reject", Number=bound["Proposal"]["Number"])
    assert len(eve("beholden:ListProposals")["Proposals"]) == 1


def test_keys_of_a_household_do_nothing_more_in_an_organisation(house, portrait):
    home = house("personal")
    ann = home.as_("admin", "development")
    ann("CreateCollection", CollectionId="family")
    ann("beholden:ChooseProfile", Profile="organisation")
    home.restart()
    ann = home.as_("admin", "development")
    with pytest.raises(AccessDenied, match=r"purpose-complete.*--retention-days"):
        ann("SearchFacesByImage", CollectionId="family", Image=portrait)
    ann("beholden:PutPurpose", Name="development", RetentionDays=30)
    ann("IndexFaces", CollectionId="family", Image=portrait)


def test_the_policies_of_a_start_are_logged_once(house):
    home = house("organisation")
    home.restart()
    assert len(home.told("beholden:LoadPolicy")) == 1
    assert len(home.told("beholden:FirstProfile")) == 1


@pytest.fixture
def policies(tmp_path):
    """A copy of the policies that ship, to spoil."""
    folder = tmp_path / "policies"
    shutil.copytree(files("beholden") / "policies", folder)
    return folder


def load(policies, profile=Profile.PUBLIC_AUTHORITY):
    return CedarPolicy(policies / "beholden.cedarschema", [policies / f for f in profile.files])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("forbid (", "forbid "),
        ("context.report_current", "context.report_curent"),
        ('Action::"identify"', 'Action::"identfy"'),
        ('@id("accountability-report")\n', ""),
    ],
)
def test_a_spoilt_policy_stops_the_start(policies, old, new):
    path = policies / "public-authority.cedar"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(OperatorError, match=r"public-authority\.cedar:\d+"):
        load(policies)


def test_a_policy_file_that_is_gone_stops_the_start(policies):
    (policies / "organisation.cedar").unlink()
    with pytest.raises(OperatorError, match=r"organisation\.cedar: cannot be read"):
        load(policies)


def test_policies_differ_by_their_digest(policies):
    digests = {load(policies, profile).digest for profile in Profile}
    path = policies / "everywhere.cedar"
    path.write_text(path.read_text().replace("&& !context.consent_given", ""))
    assert len(digests | {load(policies, profile).digest for profile in Profile}) == 6


@pytest.mark.parametrize("profile", list(Profile))
def test_every_rule_says_what_would_satisfy_it(policies, profile):
    for name in profile.files:
        text = (policies / name).read_text()
        rules = text.count("\nforbid (") + text.count("\npermit (")
        assert text.count('@id("') == text.count('@advice("') == rules


def test_nobody_makes_up_the_other_person(house):
    """An administrator who hands out keys alone could be searcher and both reviewers, too."""
    home = house("public-authority")
    eve = home.as_("admin", "rules", "eve")
    asked = {"Holder": "frank", "Role": "reviewer", "Purpose": "door"}
    number = eve("beholden:CreateKey", **asked)["Proposal"]["Number"]
    assert "Secret" not in str(eve("beholden:ListProposals"))
    with pytest.raises(AccessDenied, match="two-people"):
        eve("beholden:Approve", Number=number)
    for key in eve("beholden:ListKeys")["Keys"]:
        if key["Holder"] == "owner":
            eve("beholden:DisableKey", KeyId=key["KeyId"])
    assert "Proposal" in eve("beholden:CreateKey", **asked)
    made = home.as_("admin", "rules", "grace")("beholden:Approve", Number=number)
    assert (made["Holder"], made["Role"]) == ("frank", "reviewer")
    assert made["Secret"] not in str(home.told("beholden:Approve"))


def test_the_first_administrator_makes_the_second(house):
    home = house("public-authority")
    owner = home.as_("admin", "development", "owner")
    made = owner("beholden:CreateKey", Holder="ada", Role="admin", Purpose="rules")
    assert "Secret" in made
    assert "Proposal" in owner("beholden:CreateKey", Holder="eve", Role="admin", Purpose="rules")


def test_an_administrator_does_not_become_an_operator_by_a_session(house):
    home = house("public-authority")
    arn, named = "arn:aws:iam::000000000000:role/", {"RoleSessionName": "night"}
    eve = home.as_("admin", "door", "eve")
    for role in ("operator", "reviewer", "auditor"):
        with pytest.raises(AccessDenied, match="separate-sessions"):
            eve("sts:AssumeRole", RoleArn=arn + role, **named)
    assert eve("sts:AssumeRole", RoleArn=f"{arn}admin", **named)["Credentials"]
    ann = home.as_("operator", "door")
    assert ann("sts:AssumeRole", RoleArn=f"{arn}operator", **named)["Credentials"]
