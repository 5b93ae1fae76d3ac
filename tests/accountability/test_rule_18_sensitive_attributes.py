"""Rule 18: age, gender and emotions are off unless the purpose turns them on."""

from dataclasses import replace

import pytest

from beholden.domain.errors import AccessDenied
from beholden.engines.models.manifest import read_manifest

SENSITIVE = {"AgeRange", "Gender", "Emotions"}


def test_all_gets_what_is_allowed_and_the_log_says_what_was_not(house, portrait):
    home = house()
    (face,) = home.as_("operator")("DetectFaces", Image=portrait, Attributes=["ALL"])["FaceDetails"]
    assert not SENSITIVE & set(face)
    assert "Smile" in face
    facts = home.last("DetectFaces")["facts"]
    assert {"GENDER", "EMOTIONS"} <= set(facts["asked"]["attributes"])
    assert not {"GENDER", "EMOTIONS", "AGE_RANGE"} & set(facts["granted"]["attributes"])


def test_asked_for_by_name_it_is_refused_until_the_purpose_turns_it_on(house, portrait):
    home = house()
    operator = home.as_("operator")
    with pytest.raises(AccessDenied, match=r"sensitive-attributes.*--attribute GENDER"):
        operator("DetectFaces", Image=portrait, Attributes=["GENDER"])
    home.as_("admin", "development")("beholden:PutPurpose", Name="door", Attributes=["GENDER"])
    (face,) = operator("DetectFaces", Image=portrait, Attributes=["GENDER"])["FaceDetails"]
    assert SENSITIVE & set(face) == {"Gender"}


def test_every_result_is_bound_to_the_models_it_came_from(house, portrait):
    home = house()
    operator = home.as_("operator")
    operator("CreateCollection", CollectionId="staff")
    operator("IndexFaces", CollectionId="staff", Image=portrait)
    operator("SearchFacesByImage", CollectionId="staff", Image=portrait)
    operator("CompareFaces", SourceImage=portrait, TargetImage=portrait)
    operator("DetectFaces", Image=portrait, Attributes=["SMILE"])
    cards = {name: spec.card for name, spec in read_manifest().items()}
    recognition = {name: cards[name] for name in ("yunet", "face_mesh", "sface")}
    for action in ("IndexFaces", "SearchFacesByImage", "CompareFaces"):
        assert home.last(action)["facts"]["model_cards"] == recognition
    described = home.last("DetectFaces")["facts"]["model_cards"]
    assert "sface" not in described
    assert {name: cards[name] for name in described} == described
    assert "emotion" in described


def test_other_weights_or_terms_are_another_card():
    spec = read_manifest()["sface"]
    for change in ({"sha256": "0" * 64}, {"training_data": "unknown"}, {"thresholds": {"x": 1.0}}):
        assert replace(spec, **change).card != spec.card
