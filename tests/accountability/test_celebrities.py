"""Public figures are a gallery like any other: purpose, review, floor, retention, erasure."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from skimage.data import astronaut

from beholden.domain.celebrity import COLLECTION
from beholden.domain.errors import (
    AccessDenied,
    ConflictingState,
    InvalidParameter,
    NoFaceInImage,
    ResourceNotFound,
)
from beholden.testing.clock import FakeClock
from beholden.wire.protocol import check_response

WHO = {"ExternalImageId": "3Ir0du6", "Name": "Eileen Collins"}
SAID = {"Urls": ["www.nasa.gov/eileen-collins"], "KnownGender": "Female"}


def jpeg(pixels):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG")
    return data.getvalue()


@pytest.fixture(scope="module")
def mirrored():
    return {"Bytes": jpeg(astronaut()[:, ::-1])}


@pytest.fixture(scope="module")
def home(shared_house, portrait):
    """One public figure, imported under `celebrities`."""
    add(shared_house, portrait)
    return shared_house


def bound(home, purpose, **terms):
    """A purpose with these terms that may use the gallery."""
    admin = home.as_("admin")
    admin("beholden:PutPurpose", Name=purpose, **terms)
    admin("beholden:BindCollection", CollectionId=COLLECTION, Purpose=purpose)
    return purpose


def add(home, portrait, **members):
    """Import the portrait, as an operator under the purpose `celebrities`."""
    request = {**WHO, **SAID, "Image": portrait["Bytes"], **members}
    return home.as_("operator", "celebrities")("beholden:AddCelebrity", **request)


def recognise(home, image, purpose="celebrities"):
    answer = home.as_("operator", purpose)("RecognizeCelebrities", Image=image)
    check_response("RecognizeCelebrities", answer)
    return answer


def test_before_the_first_import_nobody_is_recognised(house, portrait):
    home = house()
    answer = recognise(home, portrait)
    assert answer["CelebrityFaces"] == []
    assert len(answer["UnrecognizedFaces"]) == 1
    operator = home.as_("operator", "celebrities")
    assert operator("beholden:ListCelebrities") == {"Celebrities": []}
    with pytest.raises(ResourceNotFound, match="beholden celebrities import"):
        operator("GetCelebrityInfo", Id="3Ir0du6")


def test_whoever_is_imported_is_recognised_with_what_was_said_of_them(home, mirrored):
    (found,) = recognise(home, mirrored)["CelebrityFaces"]
    said = {"Name": "Eileen Collins", "Urls": SAID["Urls"], "KnownGender": {"Type": "Female"}}
    assert said.items() <= found.items()
    assert found["Id"] == "3Ir0du6"
    assert found["MatchConfidence"] >= 95
    assert home.as_("operator", "celebrities")("GetCelebrityInfo", Id="3Ir0du6") == said


def test_the_log_holds_no_name(home, mirrored):
    recognise(home, mirrored)
    for action in ("beholden:AddCelebrity", "RecognizeCelebrities"):
        told = str(home.told(action))
        assert "Eileen" not in told
        assert "3Ir0du6" not in told


def test_another_purpose_is_refused_until_it_is_bound(home, portrait):
    for operation, request in (
        ("RecognizeCelebrities", {"Image": portrait}),
        ("GetCelebrityInfo", {"Id": "3Ir0du6"}),
        ("beholden:ListCelebrities", {}),
    ):
        with pytest.raises(AccessDenied, match="gallery-purpose"):
            home.as_("operator", "door")(operation, **request)
    assert recognise(home, portrait, bound(home, "door"))["CelebrityFaces"]


def test_no_ordinary_operation_enrols_there(home, portrait):
    admin = home.as_("admin", "celebrities")
    for operation, request in (
        ("CreateCollection", {}),
        ("IndexFaces", {"Image": portrait}),
        ("CreateUser", {"UserId": "ann"}),
    ):
        with pytest.raises(AccessDenied, match="celebrities-reserved"):
            admin(operation, CollectionId=COLLECTION, **request)
    assert COLLECTION in admin("ListCollections")["CollectionIds"]
    assert len(admin("ListFaces", CollectionId=COLLECTION)["Faces"]) == 1


def test_under_review_there_is_no_form_for_a_lead_so_it_is_refused(home, portrait):
    with pytest.raises(AccessDenied, match="two-person-review"):
        recognise(home, portrait, bound(home, "reviewed", Review=True))


def test_the_floor_of_the_purpose_holds_where_the_setting_is_lower(home, mirrored):
    (found,) = recognise(home, mirrored)["CelebrityFaces"]
    floor = found["MatchConfidence"] + 0.01
    strict = bound(home, "strict", ThresholdFloor=floor)
    assert recognise(home, mirrored, strict)["CelebrityFaces"] == []
    assert home.last("RecognizeCelebrities")["facts"]["threshold_pct"] == floor


def test_emotions_are_told_only_where_the_purpose_turns_them_on(home, portrait):
    (found,) = recognise(home, portrait)["CelebrityFaces"]
    assert "Emotions" not in found["Face"]
    assert found["Face"]["Smile"]["Value"] is True
    telling = bound(home, "telling", Attributes=["EMOTIONS"])
    (found,) = recognise(home, portrait, telling)["CelebrityFaces"]
    assert found["Face"]["Emotions"][0]["Type"] == "HAPPY"


def test_consent_is_asked_for_where_the_purpose_rests_on_it(home, portrait):
    operator = home.as_("operator", bound(home, "consented", Consent=True))
    request = {**WHO, "ExternalImageId": "asked", "Image": portrait["Bytes"]}
    with pytest.raises(AccessDenied, match="enrolment-basis"):
        operator("beholden:AddCelebrity", **request)
    operator("beholden:AddConsent", Subject="asked", Purpose="consented", Receipt="signed")
    assert operator("beholden:AddCelebrity", **request)["Id"] == "asked"
    assert operator("beholden:RemoveCelebrity", Id="asked") == {"DeletedFaces": 1}


def test_an_id_is_one_person(home, portrait, mirrored):
    assert add(home, portrait) == add(home, portrait)
    with pytest.raises(ConflictingState, match="an id of their own"):
        add(home, mirrored, Name="Sally Ride")
    add(home, mirrored, Name="EILEEN\u00a0 Collins ")
    (one,) = home.as_("operator", "celebrities")("beholden:ListCelebrities")["Celebrities"]
    assert one["Faces"] == 2
    assert one["Name"] == "Eileen Collins"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"ExternalImageId": "not-alphanumeric"}, "letters and digits"),
        ({"Name": " "}, "has a name"),
        ({"KnownGender": "female"}, "Male, Female"),
    ],
)
def test_what_cannot_be_imported_is_said(home, portrait, members, said):
    with pytest.raises(InvalidParameter, match=said):
        add(home, portrait, **members)


def test_a_picture_of_nobody_or_of_two_is_not_enrolled(home):
    astronauts = jpeg(astronaut().repeat(1, 0)[:, [*range(512), *range(511, -1, -1)]])
    with pytest.raises(InvalidParameter, match="several people"):
        add(home, {"Bytes": astronauts}, ExternalImageId="other")
    with pytest.raises(NoFaceInImage):
        add(home, {"Bytes": jpeg(astronaut()[300:])}, ExternalImageId="other")


def test_removed_erased_or_over_is_recognised_no_more(house, portrait):
    clock = FakeClock()
    home = house(clock=clock)
    operator, admin = home.as_("operator", "celebrities"), home.as_("admin")
    (kept, face_id) = (add(home, portrait)[name] for name in ("Id", "FaceId"))
    hold = {"CollectionId": COLLECTION, "FaceIds": [face_id], "Reason": "complaint 7"}
    operator("beholden:HoldFaces", **hold, Legal=True)
    assert recognise(home, portrait)["CelebrityFaces"] == []
    with pytest.raises(AccessDenied, match="legal-hold"):
        operator("beholden:RemoveCelebrity", Id=kept)
    operator("beholden:ReleaseFaces", **hold)
    assert recognise(home, portrait)["CelebrityFaces"]
    assert operator("beholden:RemoveCelebrity", Id=kept) == {"DeletedFaces": 1}
    assert recognise(home, portrait)["CelebrityFaces"] == []
    add(home, portrait)
    admin("beholden:ErasePerson", ExternalImageIds=[kept], DryRun=False)
    assert recognise(home, portrait)["CelebrityFaces"] == []
    add(home, portrait)
    admin("beholden:PutPurpose", Name="celebrities", RetentionDays=30)
    clock.advance(timedelta(days=31))
    home.deployment.sweeper.run()
    assert recognise(home, portrait)["CelebrityFaces"] == []
    with pytest.raises(ResourceNotFound):
        operator("GetCelebrityInfo", Id=kept)
