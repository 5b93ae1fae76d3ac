"""Rule 3: the record of a released match says when use began and ended, which gallery, which input
(hashed), model and threshold, and who. Every operation that identifies is walked, so that a new one
cannot forget."""

from datetime import datetime

import pytest

from beholden.domain.access import Identifies
from beholden.domain.errors import ServerError
from beholden.gate.call import Call
from beholden.gate.registry import REGISTRY
from beholden.gate.restrictions.match_record import MatchRecord
from beholden.testing.gallery import a_grant

TELLS_WHO = {Identifies.COMPARES, Identifies.SEARCHES}
# How each is called so that it finds the portrait. `self` names what the fixture enrolled.
CALLS = {
    "CompareFaces": lambda home: {"SourceImage": home.image, "TargetImage": home.image},
    "RecognizeCelebrities": lambda home: {"Image": home.image},
    "SearchFaces": lambda home: {"CollectionId": "staff", "FaceId": home.face},
    "SearchFacesByImage": lambda home: {"CollectionId": "staff", "Image": home.image},
    "SearchUsers": lambda home: {"CollectionId": "staff", "FaceId": home.face},
    "SearchUsersByImage": lambda home: {"CollectionId": "staff", "Image": home.image},
}
THRESHOLDS = {"RecognizeCelebrities": 95.0}  # the deployment's setting; else the caller's default
MEMBERS = ("FaceMatches", "UserMatches", "CelebrityFaces")
# What identifies by its kind and releases no match of its own call, and where that is tested.
NO_MATCH = {
    "beholden:OpenEvaluation": "opens a measurement on labelled pictures of the operator's own",
    "StartFaceSearch": "opens a job on stored video; answers with its id",
    "GetFaceSearch": "tells what the job found and recorded: see the tests of stored video",
    "StartCelebrityRecognition": "opens a job on stored video; answers with its id",
    "GetCelebrityRecognition": "tells what the job found and recorded: see test_video_celebrities",
    "StartStreamProcessor": "opens a live session; answers with its id",
    "beholden:WatchStream": "passes on what the session found and recorded: see tests of live",
    "beholden:ViewStream": "opens a page with what the session found and recorded",
    "beholden:ErasePerson": "a look-alike that it tells is held to match-record: see rule 16",
    "beholden:GetLead": "releases what two people agreed on, with who they were: see rule 4",
}


@pytest.fixture(scope="module")
def home(shared_house, portrait):
    """One face twice, and a user with it."""
    operator = shared_house.as_("operator")
    operator("CreateCollection", CollectionId="staff")
    faces = [
        operator("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId=name)
        for name in ("a", "b")
    ]
    ids = [found["FaceRecords"][0]["Face"]["FaceId"] for found in faces]
    operator("CreateUser", CollectionId="staff", UserId="ann")
    operator("AssociateFaces", CollectionId="staff", UserId="ann", FaceIds=ids[:1])
    operator(
        "beholden:AddCelebrity",
        ExternalImageId="3Ir0du6",
        Name="Eileen Collins",
        Image=portrait["Bytes"],
    )
    shared_house.face, shared_house.image = ids[0], portrait
    return shared_house


def test_no_operation_that_identifies_is_forgotten():
    identifying = {name for name, op in REGISTRY.items() if op.identifies in TELLS_WHO}
    assert identifying - NO_MATCH.keys() == CALLS.keys()


@pytest.mark.parametrize("operation", CALLS)
def test_a_released_match_is_recorded_in_full(home, operation):
    answer = home.as_("operator", name="ann", case="2026-17")(operation, **CALLS[operation](home))
    (matches,) = (answer[name] for name in MEMBERS if name in answer)
    assert matches
    intent, outcome = home.told(operation)[-2:]
    assert (intent["kind"], outcome["kind"]) == ("intent", "outcome")
    assert intent["call"] == outcome["call"]
    assert (outcome["principal"], outcome["purpose"], outcome["case"]) == ("ann", "door", "2026-17")
    facts = outcome["facts"]
    began, ended = (datetime.fromisoformat(facts[name]) for name in ("began", "ended"))
    assert began <= ended <= datetime.fromisoformat(outcome["at"])
    assert facts["model"]
    assert facts["model_cards"]["sface"]
    assert facts["threshold_pct"] == THRESHOLDS.get(operation, 80.0)
    assert compared_with(facts, operation)
    assert input_of(facts, home)
    assert similarities(facts)[0] == matches[0].get("Similarity", matches[0].get("MatchConfidence"))


def compared_with(facts, operation):
    if operation == "CompareFaces":
        return len(facts["target"]) == 64
    gallery = "beholden.celebrities" if operation == "RecognizeCelebrities" else "staff"
    return facts["gallery"].endswith(f"collection/{gallery}")


def input_of(facts, home):
    """A salted hash of the image, or the opaque id of the face that was given."""
    if "probe" in facts:
        return len(facts["probe"]) == 64
    return facts["probe_face"] == home.face


def similarities(facts):
    if "candidates" in facts:
        return [candidate["similarity_pct"] for candidate in facts["candidates"]]
    return facts["similarities_pct"]


def test_a_user_as_input_is_hashed(home, portrait):
    operator = home.as_("operator")
    operator("CreateUser", CollectionId="staff", UserId="bob")
    others = [face["FaceId"] for face in operator("ListFaces", CollectionId="staff")["Faces"]]
    (other,) = set(others) - {home.face}
    operator("AssociateFaces", CollectionId="staff", UserId="bob", FaceIds=[other])
    (match,) = operator("SearchUsers", CollectionId="staff", UserId="ann")["UserMatches"]
    facts = home.last("SearchUsers")["facts"]
    assert match["User"]["UserId"] == "bob"
    assert len(facts["probe_user"]) == 64
    assert "ann" not in facts["probe_user"]


FULL = {"gallery": "g", "probe": "p", "model": "m", "threshold_pct": 80.0}


@pytest.mark.parametrize("forgotten", FULL)
def test_an_operation_that_forgets_one_of_them_releases_nothing(forgotten):
    call = Call("call-1", a_grant())
    call.note(**{name: value for name, value in FULL.items() if name != forgotten})
    with pytest.raises(ServerError, match="does not record its match"):
        MatchRecord().after(call, {"FaceMatches": [{"Similarity": 99.0}]})
    call.note(**FULL)
    assert MatchRecord().after(call, {"FaceMatches": [{"Similarity": 99.0}]})


def test_without_a_match_there_is_nothing_to_forget():
    assert MatchRecord().after(Call("call-1", a_grant()), {"FaceMatches": []})
