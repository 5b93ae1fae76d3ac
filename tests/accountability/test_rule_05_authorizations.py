"""Rule 5: where an authorization is needed, nothing runs without one, and nothing goes on after."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beholden.domain.access import Identifies, Resource
from beholden.domain.errors import AccessDenied, ConflictingState, InvalidParameter
from beholden.gate.registry import Operation
from beholden.testing.clock import FakeClock

DAY = timedelta(days=1)
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def clock():
    return FakeClock()


def wanted(house, clock, profile="public-authority"):
    """A deployment with a purpose that is declared in full, and a collection for it."""
    home = house(profile, clock)
    terms = {"Name": "warrants", "Basis": "RCW 10.31", "RetentionDays": 30, "Review": True}
    if profile == "public-authority":
        home.agreed("beholden:PutPurpose", **terms, Report=b"why, what, how")
    else:
        home.as_("admin", "rules", "eve")("beholden:PutPurpose", **terms)
    home.as_("operator", "warrants")("CreateCollection", CollectionId="wanted")
    home.camera("north-gate", "warrants")
    return home


def terms(home, **changes):
    asked = {
        "Basis": "warrant 17",
        "Purpose": "warrants",
        "Collections": ["wanted"],
        "ExpiresAt": (home.clock.now() + DAY).isoformat(),
    }
    return asked | changes


def ask(home, verb="RequestAuthorization", name="ann", **changes):
    answer = home.as_("operator", "warrants", name)(f"beholden:{verb}", **terms(home, **changes))
    return answer["AuthorizationId"]


def approve(home, number, name, role="admin"):
    return home.as_(role, "rules", name)("beholden:ApproveAuthorization", AuthorizationId=number)


def approved(home, *names, **changes):
    number = ask(home, **changes)
    for name in names or ("eve", "frank"):
        approve(home, number, name)
    return number


def recorded(home, case=None, name="ann"):
    """The grant of a search of a recording."""
    return searching(home, "StartFaceSearch", {}, case, name)


def live(home, camera="north-gate", case=None):
    return searching(home, "StartStreamProcessor", {"camera": camera}, case)


def searching(home, action, context, case=None, name="ann"):
    gate, held = home.deployment.gate, []

    def start(_services, call, _request):
        held.append(call.grant)
        return {}

    operation = Operation(
        action,
        lambda _: Resource("Collection", "wanted"),
        lambda _: context,
        Identifies.SEARCHES,
        start,
    )
    who = home.who("operator", "warrants", name, case)
    bare = replace(gate, registry={action: operation}, restrictions=())
    bare.call(who, action, {})
    return held[0]


def test_a_recording_is_not_searched_without_one(house, clock):
    home = wanted(house, clock)
    with pytest.raises(AccessDenied, match=r"authorization: .*beholden authorizations request"):
        recorded(home)
    number = ask(home)
    for name in ("eve", "frank"):
        with pytest.raises(AccessDenied, match="authorization"):
            recorded(home)
        approve(home, number, name)
    grant = recorded(home)
    assert grant.query.context["authorization"] == number
    assert home.last("StartFaceSearch")["facts"]["granted"]["authorization"] == number


@pytest.mark.parametrize(
    "changes",
    [
        {"Collections": ["another"]},
        {"Cameras": ["north-gate"]},
        {"Case": "2026-0117"},
        {"StartsAt": "2024-01-01T12:00:00+00:00"},
    ],
)
def test_it_goes_as_far_as_its_scope(house, clock, changes):
    home = wanted(house, clock)
    approved(home, **changes)
    with pytest.raises(AccessDenied, match="authorization"):
        recorded(home)


def test_a_case_must_ride_on_the_session(house, clock):
    home = wanted(house, clock)
    approved(home, Case="2026-0117")
    recorded(home, case="2026-0117")
    with pytest.raises(AccessDenied, match="authorization"):
        recorded(home, case="2026-0118")


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_what_runs_under_it_ends_with_it(house, clock, end):
    home = wanted(house, clock)
    number = approved(home)
    gate, grant = home.deployment.gate, recorded(home)
    kept = gate.store(grant)
    gate.recheck(grant)
    if end == "expired":
        clock.advance(DAY)
    else:
        home.as_("operator", "warrants", "carl")(
            "beholden:RevokeAuthorization", AuthorizationId=number
        )
    with pytest.raises(AccessDenied, match="authorization"):
        gate.recheck(grant)
    home.restart()
    with pytest.raises(AccessDenied, match="authorization"):
        home.deployment.gate.revive(kept)


def test_another_authorization_does_not_carry_on_what_began_under_one(house, clock):
    home = wanted(house, clock)
    number = approved(home)
    grant = recorded(home)
    approved(home)
    admin = home.as_("admin", "rules", "eve")
    admin("beholden:RevokeAuthorization", AuthorizationId=number)
    with pytest.raises(AccessDenied, match="authorization"):
        home.deployment.gate.recheck(grant)
    assert recorded(home).query.context["authorization"] != number


def test_the_clock_ends_it_for_good(house, clock):
    home = wanted(house, clock)
    number = approved(home)
    clock.advance(DAY)
    home.deployment.sweeper.run()
    clock.advance(-DAY)
    with pytest.raises(AccessDenied, match="authorization"):
        recorded(home)
    (one,) = home.as_("auditor")("beholden:ListAuthorizations")["Authorizations"]
    assert (one["AuthorizationId"], one["State"]) == (number, "expired")
    assert home.last("beholden:SweepAuthorizations")["facts"]["closed"][0]["State"] == "expired"


def test_a_purpose_can_demand_it_for_pictures_too(house, clock):
    home = wanted(house, clock, "organisation")
    admin, operator = home.as_("admin", "rules", "eve"), home.as_("operator", "warrants")
    search = {"CollectionId": "wanted", "FaceId": NOBODY}
    with pytest.raises(InvalidParameter):
        operator("SearchFaces", **search)
    admin("beholden:PutPurpose", Name="warrants", Authorization=True)
    with pytest.raises(AccessDenied, match="authorization-demanded"):
        operator("SearchFaces", **search)
    approved(home, "eve")
    with pytest.raises(InvalidParameter):
        operator("SearchFaces", **search)


@pytest.mark.parametrize("profile", ["organisation", "public-authority"])
def test_live_pictures_need_one_that_names_the_camera(house, clock, portrait, profile):
    home = wanted(house, clock, profile)
    enrolled = {"Image": portrait, "ExternalImageId": "eileen"}
    home.as_("operator", "warrants")("IndexFaces", CollectionId="wanted", **enrolled)
    approved(home)
    with pytest.raises(AccessDenied, match="authorization"):
        live(home)
    approved(home, Cameras=["south-gate"])
    with pytest.raises(AccessDenied, match="authorization"):
        live(home)
    approved(home, Cameras=["north-gate"])
    assert live(home).query.context["authorized"]


def test_at_home_live_pictures_need_one_or_everybodys_consent(house, clock, portrait):
    home = wanted(house, clock, "personal")
    operator = home.as_("operator", "warrants")
    operator("IndexFaces", CollectionId="wanted", Image=portrait, ExternalImageId="eileen")
    with pytest.raises(AccessDenied, match=r"live-basis.*consents add"):
        live(home)
    receipt = {"Subject": "eileen", "Purpose": "warrants", "Receipt": "yes"}
    operator("beholden:AddConsent", **receipt)
    assert live(home).query.context["gallery_consented"]
    operator("IndexFaces", CollectionId="wanted", Image=portrait, ExternalImageId="another")
    with pytest.raises(AccessDenied, match="authorization"):
        live(home)
    ask(home, Cameras=["north-gate"])
    assert live(home).query.context["authorized"]


def test_one_for_certain_people_finds_nobody_else(house, clock, portrait):
    home = wanted(house, clock, "organisation")
    admin, operator = home.as_("admin", "rules", "eve"), home.as_("operator", "warrants")
    admin("beholden:PutPurpose", Name="warrants", Authorization=True, Review=False)
    for name in ("eileen", "bob"):
        operator("IndexFaces", CollectionId="wanted", Image=portrait, ExternalImageId=name)
    number = approved(home, "eve", People=["bob"])
    found = operator("SearchFacesByImage", CollectionId="wanted", Image=portrait)
    assert [match["Face"]["ExternalImageId"] for match in found["FaceMatches"]] == ["bob"]
    facts = home.last("SearchFacesByImage")["facts"]
    assert facts["outside_authorization"] == 1
    told = str([record["facts"] for record in home.told("beholden:RequestAuthorization")])
    assert number in told
    assert "bob" not in told
    admin("beholden:PutPurpose", Name="warrants", Review=True)
    operator("SearchFacesByImage", CollectionId="wanted", Image=portrait)
    (lead,) = home.as_("reviewer", "warrants", "sue")("beholden:ListLeads")["Leads"]
    opened = home.as_("reviewer", "warrants", "sue")("beholden:OpenLead", LeadId=lead["LeadId"])
    assert len(opened["Candidates"]) == 1


def names(found):
    return {match["Face"]["ExternalImageId"] for match in found["FaceMatches"]}


@pytest.fixture
def two(house, clock, portrait):
    """An organisation with two people in its gallery, and a search for them."""
    home = wanted(house, clock, "organisation")
    home.as_("admin", "rules", "eve")("beholden:PutPurpose", Name="warrants", Review=False)
    operator = home.as_("operator", "warrants")
    for name in ("eileen", "bob"):
        operator("IndexFaces", CollectionId="wanted", Image=portrait, ExternalImageId=name)
    home.search = lambda: operator("SearchFacesByImage", CollectionId="wanted", Image=portrait)
    return home


def demand(home):
    home.as_("admin", "rules", "eve")("beholden:PutPurpose", Name="warrants", Authorization=True)


def test_one_that_nothing_demands_withholds_nobody(two):
    approved(two, "eve", People=["bob"])
    assert names(two.search()) == {"eileen", "bob"}
    facts = two.last("SearchFacesByImage")["facts"]
    assert "authorization" not in facts["granted"]
    assert "outside_authorization" not in facts


def test_one_for_everybody_goes_before_those_for_certain_people(two):
    demand(two)
    for _ in range(3):
        approved(two, "eve", People=["bob"])
        two.clock.advance(timedelta(seconds=1))
    everybody = approved(two, "eve")
    two.clock.advance(timedelta(seconds=1))
    approved(two, "eve", People=["bob"])
    assert names(two.search()) == {"eileen", "bob"}
    assert two.last("SearchFacesByImage")["facts"]["granted"]["authorization"] == everybody


def test_the_newest_of_those_for_certain_people_counts(two):
    demand(two)
    for name in ("eileen", "bob", "eileen", "bob"):
        approved(two, "eve", People=[name])
        two.clock.advance(timedelta(seconds=1))
        assert names(two.search()) == {name}


def test_one_for_nobody_is_refused_rather_than_finding_nobody(two):
    demand(two)
    approved(two, "eve", People=[])
    with pytest.raises(AccessDenied, match="authorization-demanded"):
        two.search()


def test_what_began_under_none_does_not_go_on_under_one(two):
    grant = recorded(two)
    two.deployment.gate.recheck(grant)
    approved(two, "eve", People=["bob"])
    demand(two)
    with pytest.raises(AccessDenied, match="authorization-demanded"):
        two.deployment.gate.recheck(grant)
    assert recorded(two).query.context["authorized"]


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"Basis": " "}, InvalidParameter, "has a basis"),
        ({"Collections": []}, InvalidParameter, "at least one collection"),
        ({"ExpiresAt": "2023-12-31"}, InvalidParameter, "ends after it starts"),
        ({"ExpiresAt": "2026-01-01"}, InvalidParameter, "within a year"),
        ({"ExpiresAt": "soon"}, InvalidParameter, "not a time"),
        ({"Purpose": "parking"}, AccessDenied, "authorization-purpose"),
    ],
)
def test_what_cannot_be_asked_for(house, clock, changes, error, said):
    home = wanted(house, clock)
    with pytest.raises(error, match=said):
        ask(home, **changes)


def test_who_may_approve(house, clock):
    home = wanted(house, clock)
    number = ask(home)
    for role in ("operator", "reviewer", "auditor"):
        with pytest.raises(AccessDenied, match="role-admin"):
            approve(home, number, "eve", role)
    approve(home, number, "eve")
    for name in ("eve", "Eve", " EVE ", "\uff45\uff56\uff45"):
        with pytest.raises(AccessDenied, match="two-approvers"):
            approve(home, number, name)
    with pytest.raises(AccessDenied, match="own-authorization"):
        approve(home, number, "Ann")
    with pytest.raises(AccessDenied, match="authorization"):
        recorded(home)
    approve(home, number, "frank")
    recorded(home)
    clock.advance(DAY)
    with pytest.raises(ConflictingState, match="has ended"):
        approve(home, number, "grace")


def test_one_person_under_two_keys_is_one_person(house, clock):
    """Each key of theirs carries their name; who they are comes with the key, not the request."""
    home = wanted(house, clock)
    number = ask(home)
    keys = home.deployment.keys
    for key, _ in (keys.create("eve", "admin", "rules"), keys.create("eve", "admin", "oversight")):
        call = home.deployment.gate.call
        if not home.told("beholden:ApproveAuthorization"):
            call(key.principal, "beholden:ApproveAuthorization", {"AuthorizationId": number})
        else:
            with pytest.raises(AccessDenied, match="two-approvers"):
                call(key.principal, "beholden:ApproveAuthorization", {"AuthorizationId": number})
    with pytest.raises(AccessDenied, match="authorization"):
        recorded(home)


def test_an_organisation_takes_one_other_person(house, clock):
    home = wanted(house, clock, "organisation")
    number = ask(home)
    assert approve(home, number, "eve")["State"] == "approved"


def test_whom_another_purpose_looks_for_is_out_of_reach(house, clock):
    home = wanted(house, clock, "organisation")
    admin = home.as_("admin", "rules", "eve")
    admin("beholden:PutPurpose", Name="payroll", Basis="contract", RetentionDays=30)
    number = ask(home, People=["ann-of-cleves"])
    other = home.as_("operator", "payroll", "bob")
    assert other("beholden:ListAuthorizations")["Authorizations"] == []
    for operation in ("ShowAuthorization", "RevokeAuthorization"):
        with pytest.raises(AccessDenied, match="authorization-purpose"):
            other(f"beholden:{operation}", AuthorizationId=number)
    (listed,) = admin("beholden:ListAuthorizations")["Authorizations"]
    assert (listed["State"], listed["People"]) == ("waiting", ["ann-of-cleves"])
