"""What `beholden policy explain` says is what the gate then does."""

import pytest

from beholden.domain.errors import AccessDenied, InvalidParameter, ResourceNotFound


@pytest.fixture
def home(house):
    home = house("organisation")
    home.as_("admin", "rules", "eve")(
        "beholden:PutPurpose",
        Name="door",
        Basis="contract",
        RetentionDays=30,
        ThresholdFloor=99,
        FloorRaises=True,
    )
    home.as_("operator", "door")("CreateCollection", CollectionId="staff")
    return home


def explained(home, purpose, role="operator", operation="SearchFacesByImage", **request):
    key, _ = home.deployment.keys.create("ann", role, purpose)
    return home.as_("admin", "rules", "eve")(
        "beholden:ExplainPolicy",
        KeyId=key.key_id,
        Operation=operation,
        Request={"CollectionId": "staff"} | request,
    )


def test_an_allowed_call_names_its_policy_and_what_is_granted(home):
    why = explained(home, "door", FaceMatchThreshold=80.0)
    assert why["Allowed"]
    assert why["Policies"] == ["role-operator"]
    assert (why["Asked"], why["Granted"]) == ({"threshold_pct": 80.0}, {"threshold_pct": 99.0})


def test_a_refused_call_names_every_rule_and_the_fewest_changes(home, portrait):
    why = explained(home, "marketing")
    assert not why["Allowed"]
    assert why["Policies"] == ["gallery-purpose", "purpose-declared"]
    would = why["WouldAllow"]
    assert would["Roles"] == ["operator"]
    assert would["Facts"] == {
        "purpose_declared": True,
        "purpose_complete": True,
        "gallery_bound": True,
    }
    admin = home.as_("admin", "rules", "eve")
    admin("beholden:PutPurpose", Name="marketing", Basis="contract", RetentionDays=1)
    assert explained(home, "marketing")["WouldAllow"]["Facts"] == {"gallery_bound": True}
    admin("beholden:BindCollection", CollectionId="staff", Purpose="marketing")
    assert explained(home, "marketing")["Allowed"]
    home.as_("operator", "marketing")("SearchFacesByImage", CollectionId="staff", Image=portrait)


def test_a_role_that_may_not_is_told_which_may(home):
    why = explained(home, "door", role="auditor")
    assert why["WouldAllow"] == {"Roles": ["admin", "operator", "reviewer"], "Facts": {}}


def test_consent_is_explained_for_one_person(home):
    admin = home.as_("admin", "rules", "eve")
    admin("beholden:PutPurpose", Name="door", Consent=True)
    call = {"operation": "IndexFaces", "ExternalImageId": "ann"}
    assert explained(home, "door", **call)["WouldAllow"]["Facts"] == {"consent_given": True}
    admin("beholden:AddConsent", Subject="ann", Purpose="door", Receipt="I agree.")
    assert explained(home, "door", **call)["Allowed"]


def test_a_floor_that_refuses_cannot_be_argued_away(home):
    home.as_("admin", "rules", "eve")("beholden:PutPurpose", Name="door", FloorRaises=False)
    why = explained(home, "door", FaceMatchThreshold=80.0)
    assert why["Policies"] == ["threshold-floor"]
    assert "send FaceMatchThreshold 99 or more" in why["Reason"]
    assert why["WouldAllow"] == {"Roles": [], "Facts": {}}


def test_nobody_else_may_ask_and_nothing_is_made_up(home):
    with pytest.raises(AccessDenied, match="role-auditor"):
        home.as_("operator", "door")("beholden:ExplainPolicy", KeyId="AKIA1", Operation="x")
    auditor = home.as_("auditor", "oversight")
    with pytest.raises(ResourceNotFound):
        auditor("beholden:ExplainPolicy", KeyId="AKIA1", Operation="SearchFaces")
    key, _ = home.deployment.keys.create("ann", "operator", "door")
    for operation, message in (("Nothing", "no operation"), ("SearchFaces", "CollectionId")):
        with pytest.raises(InvalidParameter, match=message):
            auditor("beholden:ExplainPolicy", KeyId=key.key_id, Operation=operation)
