"""Rule 15: where a purpose rests on consent, nobody is enrolled without a receipt."""

import pytest

from beholden.domain.errors import AccessDenied


@pytest.fixture
def home(house):
    home = house("organisation")
    home.as_("admin", "rules", "eve")(
        "beholden:PutPurpose", Name="door", Consent=True, RetentionDays=30
    )
    home.as_("operator")("CreateCollection", CollectionId="staff")
    return home


def test_no_receipt_no_enrolment(home, portrait):
    operator = home.as_("operator")
    enrol = {"CollectionId": "staff", "Image": portrait, "ExternalImageId": "ann"}
    with pytest.raises(AccessDenied, match=r"enrolment-basis.*consents add"):
        operator("IndexFaces", **enrol)
    with pytest.raises(AccessDenied, match="enrolment-basis"):
        operator("IndexFaces", CollectionId="staff", Image=portrait)
    operator("beholden:AddConsent", Subject="ann", Purpose="door", Receipt="I agree. Ann")
    assert len(operator("IndexFaces", **enrol)["FaceRecords"]) == 1
    operator("beholden:WithdrawConsent", Subject="ann", Purpose="door")
    with pytest.raises(AccessDenied, match="enrolment-basis"):
        operator("IndexFaces", **enrol)


def test_a_consent_is_for_one_purpose_and_its_text_is_not_in_the_log(home, portrait):
    operator = home.as_("operator")
    operator("beholden:AddConsent", Subject="ann", Purpose="other", Receipt="I agree. Ann")
    assert "ann" not in str(home.last("beholden:AddConsent")["facts"]).lower()
    with pytest.raises(AccessDenied, match="enrolment-basis"):
        operator("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId="ann")
