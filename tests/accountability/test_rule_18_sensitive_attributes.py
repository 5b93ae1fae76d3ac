"""Rule 18: age, gender and emotions are off unless the purpose turns them on."""

import pytest

from beholden.domain.errors import AccessDenied

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
