"""Rule 8: a threshold under the floor is refused or raised, never passed, and both are recorded."""

import pytest

from beholden.domain.errors import AccessDenied


@pytest.fixture
def home(house, portrait):
    home = house()
    operator = home.as_("operator")
    operator("CreateCollection", CollectionId="staff")
    operator("IndexFaces", CollectionId="staff", Image=portrait)
    return home


def put(home, **terms):
    home.as_("admin", "development")("beholden:PutPurpose", Name="door", **terms)


@pytest.mark.parametrize("asked", [{}, {"FaceMatchThreshold": 80.0}, {"FaceMatchThreshold": 98.9}])
def test_a_lower_threshold_is_refused_the_default_too(home, portrait, asked):
    put(home, ThresholdFloor=99)
    with pytest.raises(AccessDenied, match=r"threshold-floor.*under 99"):
        home.as_("operator")("SearchFacesByImage", CollectionId="staff", Image=portrait, **asked)
    assert home.last("SearchFacesByImage")["kind"] == "refusal"


def test_a_lower_threshold_is_raised_and_both_are_recorded(home, portrait):
    put(home, ThresholdFloor=99, FloorRaises=True)
    home.as_("operator")(
        "SearchFacesByImage", CollectionId="staff", Image=portrait, FaceMatchThreshold=80.0
    )
    facts = home.last("SearchFacesByImage")["facts"]
    assert facts["asked"]["threshold_pct"] == 80.0
    assert facts["granted"]["threshold_pct"] == 99.0
    assert facts["threshold_pct"] == 99.0


def test_every_operation_with_a_threshold_keeps_to_it(home, portrait):
    put(home, ThresholdFloor=99)
    operator = home.as_("operator")
    (face,) = operator("ListFaces", CollectionId="staff")["Faces"]
    face_id = {"CollectionId": "staff", "FaceId": face["FaceId"]}
    calls = {
        "SearchFaces": face_id,
        "SearchUsers": face_id,
        "SearchUsersByImage": {"CollectionId": "staff", "Image": portrait},
        "CompareFaces": {"SourceImage": portrait, "TargetImage": portrait},
    }
    for operation, request in calls.items():
        with pytest.raises(AccessDenied, match="threshold-floor"):
            operator(operation, **request)


def test_at_the_floor_it_runs(home, portrait):
    put(home, ThresholdFloor=99)
    found = home.as_("operator")(
        "SearchFacesByImage", CollectionId="staff", Image=portrait, FaceMatchThreshold=99.0
    )
    assert len(found["FaceMatches"]) == 1
