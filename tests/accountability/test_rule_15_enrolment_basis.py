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
    home.as_("admin", "rules", "eve")("beholden:WithdrawConsent", Subject="ann", Purpose="door")
    with pytest.raises(AccessDenied, match="enrolment-basis"):
        operator("IndexFaces", **enrol)


def test_a_consent_is_for_one_purpose_and_its_text_is_not_in_the_log(home, portrait):
    operator, admin = home.as_("operator"), home.as_("admin", "rules", "eve")
    admin("beholden:AddConsent", Subject="ann", Purpose="other", Receipt="I agree. Ann")
    assert "ann" not in str(home.last("beholden:AddConsent")["facts"]).lower()
    with pytest.raises(AccessDenied, match="enrolment-basis"):
        operator("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId="ann")


def test_a_withdrawn_consent_ends_the_faces_that_rest_on_it(home, portrait):
    operator = home.as_("operator")
    for name in ("ann", "bob"):
        operator("beholden:AddConsent", Subject=name, Purpose="door", Receipt="I agree.")
    enrol = {"CollectionId": "staff", "Image": portrait}
    (record,) = operator("IndexFaces", **enrol, ExternalImageId="ann")["FaceRecords"]
    face = record["Face"]["FaceId"]
    operator("IndexFaces", **enrol, ExternalImageId="bob")
    told = operator("beholden:WithdrawConsent", Subject="ann", Purpose="door")
    assert told["Faces"] == 1
    (left,) = operator("ListFaces", CollectionId="staff")["Faces"]
    assert left["ExternalImageId"] == "bob"
    found = operator("SearchFacesByImage", **enrol)["FaceMatches"]
    assert [match["Face"]["ExternalImageId"] for match in found] == ["bob"]
    facts = home.last("beholden:WithdrawConsent")["facts"]
    assert (facts["ended_faces"], len(facts["destroyed_keys"])) == ([face], 1)


def test_a_withdrawn_consent_ends_nothing_that_rests_on_another_basis(home, portrait):
    home.as_("admin", "rules", "eve")(
        "beholden:PutPurpose", Name="gate", Basis="contract", RetentionDays=30
    )
    operator = home.as_("operator", "gate")
    operator("CreateCollection", CollectionId="guests")
    operator("beholden:AddConsent", Subject="ann", Purpose="gate", Receipt="I agree.")
    operator("IndexFaces", CollectionId="guests", Image=portrait, ExternalImageId="ann")
    assert operator("beholden:WithdrawConsent", Subject="ann", Purpose="gate")["Faces"] == 0
    assert len(operator("ListFaces", CollectionId="guests")["Faces"]) == 1


def test_consents_of_another_purpose_are_out_of_reach(home):
    home.as_("operator")("beholden:AddConsent", Subject="ann", Purpose="door", Receipt="I agree.")
    home.as_("admin", "rules", "eve")(
        "beholden:PutPurpose", Name="gate", Basis="contract", RetentionDays=30
    )
    other = home.as_("operator", "gate", "bob")
    assert other("beholden:ListConsents")["Consents"] == []
    for operation, more in (("AddConsent", {"Receipt": "..."}), ("WithdrawConsent", {})):
        with pytest.raises(AccessDenied, match=r"consent-purpose.*door"):
            other(f"beholden:{operation}", Subject="ann", Purpose="door", **more)
    (kept,) = home.as_("admin", "rules", "eve")("beholden:ListConsents")["Consents"]
    assert kept["WithdrawnAt"] is None


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
