"""Rule 15: where a purpose rests on consent, nobody is enrolled without a receipt."""

import io

import numpy as np
import pytest
from PIL import Image

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


def test_one_consent_enrols_one_person(home, portrait):
    pixels = np.asarray(Image.open(io.BytesIO(portrait["Bytes"])))
    data = io.BytesIO()
    Image.fromarray(np.concatenate([pixels, pixels[:, ::-1]], axis=1)).save(data, "JPEG")
    operator = home.as_("operator")
    operator("beholden:AddConsent", Subject="ann", Purpose="door", Receipt="I agree. Ann")
    answer = operator(
        "IndexFaces",
        CollectionId="staff",
        Image={"Bytes": data.getvalue()},
        ExternalImageId="ann",
        MaxFaces=10,
    )
    assert len(answer["FaceRecords"]) == 1
    assert [face["Reasons"] for face in answer["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]]


def test_an_organisation_needs_a_basis_or_consent(house, portrait):
    home = house("organisation")
    home.as_("admin", "rules")("beholden:PutPurpose", Name="gate", RetentionDays=30)
    with pytest.raises(AccessDenied, match=r"purpose-complete.*--basis"):
        home.as_("operator", "gate")("CreateCollection", CollectionId="guests")


def test_a_receipt_is_sealed_in_the_database(home):
    home.as_("operator")(
        "beholden:AddConsent", Subject="ann-of-cleves", Purpose="door", Receipt="I, Ann, agree."
    )
    stored = b"".join(path.read_bytes() for path in home.folder.glob("records.db*"))
    assert b"door" in stored
    assert b"ann-of-cleves" not in stored
    assert b"I, Ann, agree." not in stored
