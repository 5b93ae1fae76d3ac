"""Rule 4: a 1:N match is a lead, withheld until two different people confirm it, each alone."""

import io
import json
import re
import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing

import pytest
from PIL import Image
from skimage.data import astronaut

from beholden.domain.access import Identifies, Principal, Query, Resource
from beholden.domain.errors import (
    AccessDenied,
    AlteredRules,
    ConflictingState,
    InvalidParameter,
    ResourceNotFound,
)
from beholden.gate.restrictions.two_person_review import TwoPersonReview
from beholden.operations import _candidates
from beholden.testing.leads import a_finding, a_lead
from beholden.wire.protocol import check_response

SEARCHED = {"CollectionId": "wanted"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture(scope="session")
def mirrored():
    data = io.BytesIO()
    Image.fromarray(astronaut()[:, ::-1]).save(data, "JPEG")
    return {"Bytes": data.getvalue()}


@pytest.fixture(scope="module")
def home(shared_house, portrait, mirrored):
    """A collection of two faces, under a purpose that demands review, bound from the start."""
    home = shared_house
    admin, ann = home.as_("admin", "development", "eve"), home.as_("operator")
    admin("beholden:PutPurpose", Name="door", Review=True)
    ann("CreateCollection", **SEARCHED)
    for name, image in (("astronaut", portrait), ("mirrored", mirrored)):
        ann("IndexFaces", **SEARCHED, Image=image, ExternalImageId=name)
    return home


def search(home, image, **asked):
    """Ann searches; the lead's id."""
    request = {**SEARCHED, "Image": image, **asked}
    (match,) = home.as_("operator")("SearchFacesByImage", **request)["FaceMatches"]
    return match["Face"]["FaceId"]


def reviewer(home, name, purpose="door"):
    return home.as_("reviewer", purpose, name)


def number_of(home, shown, name="astronaut"):
    """Which candidate looks like this person: reviewers compare pictures, so does this."""
    lead = shown["LeadId"]
    services = home.deployment.gate.services
    collection = services.collections.get(services.leads.get(lead).collection_id)
    (face,) = (f for f in services.faces.list(collection, 0, 9) if f.external_image_id == name)
    kept = services.pictures.of(collection, [face.no])[face.no]
    (number,) = (
        c["Number"] for c in shown["Candidates"] if c["Pictures"] == [b64encode(kept).decode()]
    )
    return number


def judge(home, lead, name, candidate="astronaut", reason="the same ear"):
    by = reviewer(home, name)
    shown = by("beholden:OpenLead", LeadId=lead)
    chosen = {} if candidate is None else {"Candidate": number_of(home, shown, candidate)}
    said = {"LeadId": lead, "View": shown["View"], "Reason": reason, **chosen}
    return by("beholden:JudgeLead", **said)["State"]


def facts_of(home, action, lead):
    """What the outcome records of an action say of a lead, oldest first."""
    facts = [r["facts"] for r in home.told(action) if r["kind"] == "outcome"]
    return [one for one in facts if one["lead"] == lead]


def enrolled(home):
    records = home.told("IndexFaces")
    return [face for r in records if r["kind"] == "outcome" for face in r["facts"]["enrolled"]]


def searches(home, portrait):
    """Each way to search, and the member its matches stand in."""
    ann = home.as_("operator")
    (face, _) = ann("ListFaces", **SEARCHED)["Faces"]
    ann("CreateUser", **SEARCHED, UserId="the-astronaut")
    ann("AssociateFaces", **SEARCHED, UserId="the-astronaut", FaceIds=[face["FaceId"]])
    image, by_face = {"Image": portrait}, {"FaceId": face["FaceId"]}
    return [
        ("SearchFaces", by_face, "FaceMatches"),
        ("SearchFacesByImage", image, "FaceMatches"),
        ("SearchUsers", by_face, "UserMatches"),
        ("SearchUsers", {"UserId": "the-astronaut"}, "UserMatches"),
        ("SearchUsersByImage", image, "UserMatches"),
    ]


def test_every_search_answers_with_a_lead_and_nothing_of_anybody(home, portrait):
    ann = home.as_("operator")
    for operation, request, member in searches(home, portrait):
        answer = ann(operation, **SEARCHED, **request)
        check_response(operation, answer)
        (match,) = answer[member]
        assert match["Similarity"] == 0.0
        if member == "FaceMatches":
            assert set(match) == {"Similarity", "Face"}
            assert set(match["Face"]) == {"FaceId"}
            lead = match["Face"]["FaceId"]
        else:
            assert set(match["User"]) == {"UserId"}
            lead = match["User"]["UserId"].removeprefix("lead:")
        assert UUID.fullmatch(lead)
        assert home.deployment.gate.services.leads.get(lead).searcher == "ann"


def tells_nothing_of_whose_a_face_is(home, purpose, images):
    ann, there = home.as_("operator", purpose), {"CollectionId": f"suspects-{purpose}"}
    ann("CreateCollection", **there)
    enrolled = [ann("IndexFaces", **there, Image=image)["FaceRecords"] for image in images]
    user = {**there, "UserId": "the-astronaut"}
    ann("CreateUser", **user)
    for (record,) in enrolled:
        face = {"FaceId": record["Face"]["FaceId"]}
        told = ann("AssociateFaces", **user, FaceIds=[*face.values()], UserMatchThreshold=100)
        check_response("AssociateFaces", told)
        assert told["AssociatedFaces"] == [face]
        assert told["UnsuccessfulFaceAssociations"] == []
        assert "compared" not in home.last("AssociateFaces")["facts"]


@pytest.mark.parametrize(
    "terms", [{"Review": True}, {"ThresholdFloor": 99}, {"Authorization": True}]
)
def test_association_tells_nobody_what_a_search_is_held_to_terms_for(
    home, portrait, mirrored, terms
):
    (purpose,) = terms
    home.as_("admin", "development", "eve")("beholden:PutPurpose", Name=purpose, **terms)
    tells_nothing_of_whose_a_face_is(home, purpose, (portrait, mirrored))


def test_nobody_found_looks_the_same_as_somebody_found(home, portrait, mirrored):
    ann = home.as_("operator")
    ann("CreateCollection", CollectionId="empty")
    found = ann("SearchFacesByImage", **SEARCHED, Image=portrait)
    nobody = ann("SearchFacesByImage", CollectionId="empty", Image=portrait)
    leads = [answer["FaceMatches"][0]["Face"].pop("FaceId") for answer in (found, nobody)]
    assert all(UUID.fullmatch(lead) for lead in leads)
    assert found == nobody
    told = [home.as_("operator")("beholden:GetLead", LeadId=lead) for lead in leads]
    changing = ("LeadId", "CollectionId", "SearchedAt")
    assert all(lead.pop(name) for lead in told for name in changing)
    assert told[0] == told[1]


def test_the_log_holds_a_commitment_in_place_of_the_candidates(home, portrait):
    leads = [search(home, portrait), search(home, portrait, FaceMatchThreshold=100, MaxFaces=1)]
    home.as_("operator")("CreateCollection", CollectionId="nobody")
    leads.append(search(home, portrait, CollectionId="nobody"))
    (some,), (_,), (none,) = (facts_of(home, "SearchFacesByImage", lead) for lead in leads)
    for facts in (some, none):
        assert set(facts["candidates"]) == {"committed"}
        assert len(facts["candidates"]["committed"]) == 64
    assert some["candidates"] != none["candidates"]
    assert set(some) == set(none)
    assert len(enrolled(home)) >= 2
    assert not any(face in json.dumps(some) for face in enrolled(home))


def test_two_who_agree_release_the_match_with_all_that_it_rests_on(home, portrait):
    ann, lead = home.as_("operator"), search(home, portrait)
    assert "FaceMatch" not in ann("beholden:GetLead", LeadId=lead)
    assert judge(home, lead, "rita") == "waiting"
    assert "FaceMatch" not in ann("beholden:GetLead", LeadId=lead)
    assert judge(home, lead, "saul") == "upheld"
    told = ann("beholden:GetLead", LeadId=lead)
    assert told["FaceMatch"]["Face"]["ExternalImageId"] == "astronaut"
    assert told["FaceMatch"]["Similarity"] > 99
    assert told["VerifiedBy"] == ["rita", "saul"]
    assert told["Began"] < told["Ended"] < told["ClosedAt"]
    (searched,) = facts_of(home, "SearchFacesByImage", lead)
    released = facts_of(home, "beholden:GetLead", lead)[-1]["match"]
    assert (told["Gallery"], told["Probe"]) == (released["gallery"], searched["probe"])
    assert released["model_cards"] == searched["model_cards"] == told["ModelCards"]
    for name in ("probe", "model", "threshold_pct", "gallery", "began"):
        assert released[name] == searched[name]
    assert released["candidate"] == told["FaceMatch"]["Face"]["FaceId"]
    assert released["verified_by"] == ["rita", "saul"]


@pytest.mark.parametrize(
    ("one", "other", "state"),
    [
        (None, None, "no-match"),
        ("astronaut", None, "overturned"),
        ("astronaut", "mirrored", "overturned"),
    ],
)
def test_without_agreement_on_one_nobody_is_released(home, portrait, one, other, state):
    lead = search(home, portrait)
    tom = reviewer(home, "tom")
    view = tom("beholden:OpenLead", LeadId=lead)["View"]
    judge(home, lead, "rita", one)
    assert judge(home, lead, "saul", other) == state
    told = home.as_("operator")("beholden:GetLead", LeadId=lead)
    assert told["State"] == state
    assert "FaceMatch" not in told
    with pytest.raises(ConflictingState, match="closed"):
        tom("beholden:JudgeLead", LeadId=lead, View=view, Candidate=1, Reason="him")
    with pytest.raises(ConflictingState, match="closed"):
        tom("beholden:OpenLead", LeadId=lead)
    closed = facts_of(home, "beholden:JudgeLead", lead)[-1]
    assert (closed["lead_state"], closed["agreed"]) == (state, state == "no-match")
    assert [v["reviewer"] for v in closed["verdicts"]] == ["rita", "saul"]
    assert "match" not in closed
    assert not any(face in json.dumps(closed) for face in enrolled(home))


@pytest.mark.parametrize("name", ["rita", "Rita ", "RITA"])
def test_one_reviewer_twice_is_one_reviewer(home, portrait, name):
    """Two keys of one person share the holder's name, in whichever spelling."""
    lead = search(home, portrait)
    judge(home, lead, "rita")
    with pytest.raises(AccessDenied, match="two-reviewers"):
        reviewer(home, name)("beholden:JudgeLead", LeadId=lead, Candidate=1, Reason="the ear")
    assert home.last("beholden:JudgeLead")["kind"] == "refusal"
    told = home.as_("operator")("beholden:GetLead", LeadId=lead)
    assert (told["State"], "FaceMatch" in told) == ("waiting", False)


@pytest.mark.parametrize("name", ["ann", "Ann", " a n n"])
def test_who_searched_neither_opens_nor_judges_the_lead(home, portrait, name):
    lead = search(home, portrait)
    judge(home, lead, "rita")
    for verb, asked in (("OpenLead", {}), ("JudgeLead", {"Candidate": 1, "Reason": "him"})):
        with pytest.raises(AccessDenied, match="own-search"):
            reviewer(home, name)(f"beholden:{verb}", LeadId=lead, **asked)
    assert home.as_("operator")("beholden:GetLead", LeadId=lead)["State"] == "waiting"


def test_a_reviewer_sees_pictures_and_no_scores_no_names_no_ids(home, portrait):
    lead = search(home, portrait)
    shown = reviewer(home, "rita")("beholden:OpenLead", LeadId=lead)
    assert [len(shown["Probe"]), len(shown["Candidates"])] == [1, 2]
    for candidate in shown["Candidates"]:
        assert set(candidate) == {"Number", "Pictures"}
        assert len(candidate["Pictures"]) == 1
    assert not {"Threshold", "Verdicts", "Model"} & set(shown)
    faces = home.as_("operator")("ListFaces", **SEARCHED)["Faces"]
    assert not any(f[n] in json.dumps(shown) for f in faces for n in ("FaceId", "ExternalImageId"))
    judge(home, lead, "rita")
    after = reviewer(home, "rita")("beholden:OpenLead", LeadId=lead)
    assert sorted(c["Number"] for c in after["Candidates"] if c["Similarity"] > 80) == [1, 2]
    assert [v["Reviewer"] for v in after["Verdicts"]] == ["rita"]


def test_nobody_judges_without_having_looked(home, portrait):
    """Nor with the code that somebody else was shown, nor with that of another lead."""
    lead, other = search(home, portrait), search(home, portrait)
    rita, saul = reviewer(home, "rita"), reviewer(home, "saul")
    wrong = [
        "",
        saul("beholden:OpenLead", LeadId=lead)["View"],
        rita("beholden:OpenLead", LeadId=other)["View"],
    ]
    for view in wrong:
        with pytest.raises(InvalidParameter, match="Look first"):
            rita("beholden:JudgeLead", LeadId=lead, View=view, Candidate=1, Reason="the ear")
    assert home.deployment.gate.services.leads.get(lead).reviewers == ()


def test_nobody_learns_of_the_others_verdict_before_their_own(home, portrait):
    """Not from the lead, not from the list, not from the log."""
    saul = reviewer(home, "saul")
    seen = []
    for verdict in ("astronaut", None):
        lead = search(home, portrait)
        before = saul("beholden:OpenLead", LeadId=lead), saul("beholden:ListLeads")
        judge(home, lead, "rita", verdict, reason="the left ear")
        assert (saul("beholden:OpenLead", LeadId=lead), saul("beholden:ListLeads")) == before
        (facts,) = facts_of(home, "beholden:JudgeLead", lead)[-1:]
        assert set(facts["verdict"]) == {"committed"}
        assert "the left ear" not in json.dumps(facts)
        seen.append(set(facts))
    assert seen[0] == seen[1]


def test_the_order_is_each_reviewers_own_and_stays(home):
    services = home.deployment.gate.services
    finding = a_finding(*range(1, 21))

    def order(name):
        return _candidates.shuffled(services, a_lead(), finding, name)

    assert order("rita") == order(" RITA") == order("rita")
    assert order("rita") != order("saul")
    assert order("rita") != list(finding.hits)
    assert set(order("saul")) == set(finding.hits)


def test_a_lead_of_another_purpose_is_out_of_reach(home, portrait):
    lead = search(home, portrait)
    home.as_("admin", "development", "eve")("beholden:PutPurpose", Name="street", Review=True)
    stranger = reviewer(home, "rita", "street")
    for verb, asked in (("OpenLead", {}), ("JudgeLead", {"Reason": "nobody"}), ("GetLead", {})):
        with pytest.raises(AccessDenied, match="lead-purpose"):
            stranger(f"beholden:{verb}", LeadId=lead, **asked)
    assert stranger("beholden:ListLeads")["Leads"] == []
    with pytest.raises(AccessDenied, match="lead-purpose"):
        home.as_("operator", "street")("beholden:GetLead", LeadId=lead)


def test_the_outcome_is_for_who_searched_alone(home, portrait):
    lead = search(home, portrait)
    judge(home, lead, "rita")
    judge(home, lead, "saul")
    for other in (home.as_("operator", name="bob"), reviewer(home, "rita")):
        with pytest.raises(AccessDenied, match="searcher-only"):
            other("beholden:GetLead", LeadId=lead)


@pytest.mark.parametrize("role", ["operator", "auditor", "public"])
def test_only_reviewers_review(home, portrait, role):
    lead = search(home, portrait)
    for verb, asked in (("OpenLead", {}), ("JudgeLead", {"Reason": "nobody"})):
        with pytest.raises(AccessDenied, match="no policy permits"):
            home.as_(role, name="bob")(f"beholden:{verb}", LeadId=lead, **asked)


def test_an_auditor_sees_that_there_are_leads_and_nothing_in_them(home, portrait):
    lead = search(home, portrait)
    every = home.as_("auditor", "audit", "ida")("beholden:ListLeads")["Leads"]
    (listed,) = (one for one in every if one["LeadId"] == lead)
    assert (listed["State"], listed["Purpose"]) == ("waiting", "door")
    assert not {"Probe", "Candidates", "FaceMatch", "Searcher"} & set(listed)
    upheld = home.as_("auditor", "audit", "ida")("beholden:ListLeads", State="upheld")["Leads"]
    assert {one["State"] for one in upheld} <= {"upheld"}
    with pytest.raises(InvalidParameter, match="waiting, upheld, no-match"):
        home.as_("auditor", "audit", "ida")("beholden:ListLeads", State="open")


def test_a_state_written_into_the_database_releases_nobody(home, portrait):
    lead = search(home, portrait)
    judge(home, lead, "rita")
    with closing(sqlite3.connect(home.folder / "records.db", isolation_level=None)) as database:
        state = "UPDATE leads SET state = ? WHERE lead_id = ?"
        database.execute(state, ["upheld", lead])
        with pytest.raises(AlteredRules, match="of leads"):
            home.as_("operator")("beholden:GetLead", LeadId=lead)
        assert home.last("beholden:GetLead")["kind"] == "refusal"
        database.execute(state, ["waiting", lead])
    assert home.as_("operator")("beholden:GetLead", LeadId=lead)["State"] == "waiting"


def test_leads_are_listed_by_pages(home, portrait):
    by = reviewer(home, "pia")
    for _ in range(3):
        search(home, portrait)
    every = [lead["LeadId"] for lead in by("beholden:ListLeads", MaxResults=1000)["Leads"]]
    page = by("beholden:ListLeads", MaxResults=2)
    paged = list(page["Leads"])
    while token := page.get("NextToken"):
        page = by("beholden:ListLeads", MaxResults=2, NextToken=token)
        assert len(page["Leads"]) <= 2
        paged += page["Leads"]
    assert [lead["LeadId"] for lead in paged] == every
    with pytest.raises(InvalidParameter, match="MaxResults"):
        by("beholden:ListLeads", MaxResults=0)


def test_a_verdict_needs_a_reason_and_a_candidate_that_is_there(home, portrait):
    lead, rita = search(home, portrait), reviewer(home, "rita")
    view = rita("beholden:OpenLead", LeadId=lead)["View"]
    for asked in (
        {"Reason": "  "},
        {"Reason": "x" * 2001},
        {"Reason": "him", "Candidate": 0},
        {"Reason": "him", "Candidate": 3},
    ):
        with pytest.raises(InvalidParameter):
            rita("beholden:JudgeLead", LeadId=lead, View=view, **asked)
    with pytest.raises(ResourceNotFound):
        rita("beholden:JudgeLead", LeadId="0" * 36, View=view, Reason="nobody")
    assert home.deployment.gate.services.leads.get(lead).reviewers == ()


def test_users_are_withheld_shown_and_released_like_faces(home, portrait, mirrored):
    """And a probe that is enrolled is shown by the pictures that are kept of it."""
    ann, there = home.as_("operator"), {"CollectionId": "with-users"}
    ann("CreateCollection", **there)
    for name, image in (("first", portrait), ("second", mirrored)):
        (record,) = ann("IndexFaces", **there, Image=image)["FaceRecords"]
        ann("CreateUser", **there, UserId=name)
        ann("AssociateFaces", **there, UserId=name, FaceIds=[record["Face"]["FaceId"]])
    (match,) = ann("SearchUsers", **there, UserId="first")["UserMatches"]
    lead = match["User"]["UserId"].removeprefix("lead:")
    for name in ("rita", "saul"):
        by = reviewer(home, name)
        shown = by("beholden:OpenLead", LeadId=lead)
        (candidate,) = shown["Candidates"]
        assert [len(shown["Probe"]), len(candidate["Pictures"])] == [1, 1]
        assert shown["Probe"] != candidate["Pictures"]
        by("beholden:JudgeLead", LeadId=lead, View=shown["View"], Candidate=1, Reason="the ear")
    told = ann("beholden:GetLead", LeadId=lead)
    assert told["UserMatch"]["User"] == {"UserId": "second", "UserStatus": "ACTIVE"}
    assert "second" not in json.dumps(facts_of(home, "beholden:GetLead", lead))


def test_an_erased_person_is_no_candidate_any_more(home, portrait, mirrored):
    ann, there = home.as_("operator"), {"CollectionId": "to-be-erased"}
    ann("CreateCollection", **there)
    for name, image in (("astronaut", portrait), ("mirrored", mirrored)):
        ann("IndexFaces", **there, Image=image, ExternalImageId=name)
    lead = search(home, portrait, **there)
    judge(home, lead, "rita")
    judge(home, lead, "saul")
    faces = ann("ListFaces", **there)["Faces"]
    (face,) = (f["FaceId"] for f in faces if f["ExternalImageId"] == "astronaut")
    ann("DeleteFaces", **there, FaceIds=[face])
    told = ann("beholden:GetLead", LeadId=lead)
    assert (told["State"], told["FaceMatch"]) == ("upheld", None)
    pictures = reviewer(home, "rita")("beholden:OpenLead", LeadId=lead)["Candidates"]
    assert sorted(len(candidate["Pictures"]) for candidate in pictures) == [0, 1]


def test_an_expired_lead_tells_nobody_anything_and_its_bytes_are_gone(home, portrait):
    lead = search(home, portrait)
    with pytest.raises(AccessDenied, match="no policy permits"):
        home.as_("operator")("beholden:ExpireLead", LeadId=lead)
    rita = reviewer(home, "rita")
    view = rita("beholden:OpenLead", LeadId=lead)["View"]
    home.as_("admin", "development", "eve")("beholden:ExpireLead", LeadId=lead)
    with pytest.raises(ConflictingState):
        rita("beholden:OpenLead", LeadId=lead)
    with pytest.raises(ResourceNotFound):
        rita("beholden:JudgeLead", LeadId=lead, View=view, Reason="nobody")
    told = home.as_("operator")("beholden:GetLead", LeadId=lead)
    assert (told["State"], "FaceMatch" in told) == ("expired", False)
    assert facts_of(home, "beholden:ExpireLead", lead)[0]["lead_state"] == "expired"


def test_what_a_lead_holds_is_sealed_on_disk(home, portrait):
    lead = search(home, portrait)
    stored = [p.read_bytes() for p in home.folder.iterdir() if p.name.startswith("records.db")]
    assert stored
    (probe,) = reviewer(home, "rita")("beholden:OpenLead", LeadId=lead)["Probe"]
    header = b64decode(probe)[:20]  # of every JPEG; three bytes of it are soon found by chance
    assert header.startswith(b"\xff\xd8\xff")
    assert not any(header in data for data in stored)


def test_a_search_that_has_no_form_for_a_lead_is_refused(home):
    rule = TwoPersonReview(None, None, None)
    who = Principal("ann", "operator", "door", "AKIA1")
    asked = (who, "StartFaceSearch", Resource("Collection", "wanted"), Identifies.SEARCHES)
    with pytest.raises(AccessDenied, match=r"two-person-review.*StartFaceSearch has no form"):
        rule.before(Query(*asked, {"review": True}), {})
    assert rule.before(Query(*asked, {"review": False}), {}) == {}


def test_a_public_authority_searches_under_review_only(house, portrait, mirrored):
    home = house("public-authority")
    home.agreed(
        "beholden:PutPurpose",
        Name="door",
        Basis="ordinance 7",
        RetentionDays=30,
        Report=b"what we do, and why",
    )
    ann = home.as_("operator")
    ann("CreateCollection", **SEARCHED)
    ann("IndexFaces", **SEARCHED, Image=portrait)
    with pytest.raises(AccessDenied, match=r"two-person-review.*purposes edit PURPOSE --review"):
        ann("SearchFacesByImage", **SEARCHED, Image=portrait)
    tells_nothing_of_whose_a_face_is(home, "door", (portrait, mirrored))
    home.agreed("beholden:PutPurpose", Name="door", Review=True)
    lead = search(home, portrait)
    with pytest.raises(AccessDenied, match="separate-roles"):
        home.as_("admin", name="eve")("beholden:JudgeLead", LeadId=lead, Reason="nobody")


def test_pictures_are_kept_for_reviewers_only(house, portrait):
    home = house()
    ann = home.as_("operator", "development")
    ann("CreateCollection", CollectionId="family")
    ann("IndexFaces", CollectionId="family", Image=portrait)
    services = home.deployment.gate.services
    collection = services.collections.get("family")
    (face,) = services.faces.list(collection, 0, 9)
    assert services.pictures.of(collection, [face.no]) == {}
    home.as_("admin", "development", "eve")("beholden:PutPurpose", Name="development", Review=True)
    ann("IndexFaces", CollectionId="family", Image=portrait)
    assert services.pictures.of(collection, [face.no])[face.no].startswith(b"\xff\xd8")


def test_a_match_is_released_under_the_terms_it_was_searched_under_or_not_at_all(house, portrait):
    home = house("organisation")
    eve, ann = home.as_("admin", "rules", "eve"), home.as_("operator")
    eve("beholden:PutPurpose", Name="door", Basis="law", RetentionDays=30, Review=True)
    ann("CreateCollection", **SEARCHED)
    ann("IndexFaces", **SEARCHED, Image=portrait, ExternalImageId="astronaut")
    lead = search(home, portrait)
    judge(home, lead, "rita")
    eve("beholden:PutPurpose", Name="door", Ended=True)
    with pytest.raises(AccessDenied, match="purpose-ended"):
        reviewer(home, "saul")("beholden:JudgeLead", LeadId=lead, Candidate=1, Reason="the ear")
    with pytest.raises(AccessDenied, match="purpose-ended"):
        ann("beholden:GetLead", LeadId=lead)
    eve("beholden:PutPurpose", Name="door", Ended=False)
    assert judge(home, lead, "saul") == "upheld"
    assert ann("beholden:GetLead", LeadId=lead)["FaceMatch"]
