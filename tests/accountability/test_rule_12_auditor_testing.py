"""Rule 12: an auditor tests a gallery by scores only; no field of the answer identifies anyone."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut
from typer.testing import CliRunner

from beholden.cli.app import app
from beholden.domain.errors import AccessDenied, BeholdenError, NoFaceInImage

NAME = "jane-doe"


@pytest.fixture(scope="module")
def home(shared_house, portrait):
    operator = shared_house.as_("operator")
    operator("CreateCollection", CollectionId="wanted")
    shared_house.as_("admin", "development")(
        "beholden:BindCollection", CollectionId="wanted", Purpose="door"
    )
    found = operator(
        "IndexFaces", CollectionId="wanted", Image=portrait, ExternalImageId=NAME, MaxFaces=1
    )
    shared_house.face = found["FaceRecords"][0]["Face"]
    shared_house.face_version = found["FaceModelVersion"]
    operator("CreateUser", CollectionId="wanted", UserId=f"user-{NAME}")
    return shared_house


def jpeg(pixels):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG")
    return {"Bytes": data.getvalue()}


@pytest.fixture(scope="module")
def auditor(home):
    """Of a purpose that the gallery is not bound to: independent."""
    return home.as_("auditor", "independent-test", "eve")


def test_scores_and_nothing_else(home, auditor, portrait):
    answer = auditor("beholden:TestGallery", CollectionId="wanted", Image=portrait)
    assert answer == {"Scores": [100], "FaceModelVersion": home.face_version}
    assert all(type(score) is int for score in answer["Scores"])


def test_no_field_of_the_answer_identifies_anyone(home, auditor, portrait):
    answer = json.dumps(auditor("beholden:TestGallery", CollectionId="wanted", Image=portrait))
    for known in (home.face["FaceId"], home.face["ImageId"], NAME, f"user-{NAME}"):
        assert known not in answer
    assert "Box" not in answer


def test_the_record_has_the_probe_hashed_and_the_scores_and_no_face(home, auditor, portrait):
    auditor("beholden:TestGallery", CollectionId="wanted", Image=portrait)
    intent, outcome = home.told("beholden:TestGallery")[-2:]
    assert (intent["kind"], outcome["kind"]) == ("intent", "outcome")
    assert (outcome["principal"], outcome["role"]) == ("eve", "auditor")
    facts = outcome["facts"]
    assert len(facts["probe"]) == 64
    assert facts["scores_pct"] == [100]
    assert facts["model_cards"]["sface"]
    assert home.face["FaceId"] not in json.dumps(outcome)


def test_a_lower_score_than_a_search_would_tell_is_told_and_no_threshold_asked(home, auditor):
    stretched = Image.fromarray(astronaut()).resize((512, 800)).resize((300, 800))
    probe = jpeg(np.asarray(stretched))
    (score,) = auditor("beholden:TestGallery", CollectionId="wanted", Image=probe)["Scores"]
    assert 0 <= score < 100


@pytest.mark.parametrize("role", ["operator", "reviewer"])
def test_it_is_for_auditors(home, portrait, role):
    with pytest.raises(AccessDenied, match="beholden:TestGallery"):
        home.as_(role)("beholden:TestGallery", CollectionId="wanted", Image=portrait)
    assert home.last("beholden:TestGallery")["kind"] == "refusal"


def test_an_auditor_searches_for_nobody(home, auditor, portrait):
    for operation in ("SearchFacesByImage", "SearchUsersByImage"):
        with pytest.raises(AccessDenied):
            auditor(operation, CollectionId="wanted", Image=portrait)
    with pytest.raises(AccessDenied):
        auditor("SearchFaces", CollectionId="wanted", FaceId=home.face["FaceId"])
    with pytest.raises(AccessDenied):
        auditor("CompareFaces", SourceImage=portrait, TargetImage=portrait)


def test_what_cannot_be_tested_is_said(auditor, portrait):
    with pytest.raises(NoFaceInImage):
        auditor(
            "beholden:TestGallery",
            CollectionId="wanted",
            Image=jpeg(np.zeros((200, 200, 3), np.uint8)),
        )
    for wrong in (0, 101):
        with pytest.raises(BeholdenError, match="MaxScores"):
            auditor("beholden:TestGallery", CollectionId="wanted", Image=portrait, MaxScores=wrong)


def test_under_public_authority_too_and_not_for_who_sets_the_terms(house, portrait):
    home = house("public-authority")
    home.agreed("beholden:PutPurpose", Name="test", Basis="ordinance 7", RetentionDays=30)
    home.agreed(
        "beholden:PutPurpose",
        Name="door",
        Basis="ordinance 7",
        RetentionDays=30,
        Report=b"what we do, and why",
        Review=True,
    )
    operator = home.as_("operator")
    operator("CreateCollection", CollectionId="wanted")
    operator("IndexFaces", CollectionId="wanted", Image=portrait)
    test = {"CollectionId": "wanted", "Image": portrait}
    assert home.as_("auditor", "test", "eve")("beholden:TestGallery", **test)["Scores"] == [100]
    with pytest.raises(AccessDenied, match="separate-roles"):
        home.as_("admin", "door")("beholden:TestGallery", **test)


def test_the_command_line_draws_a_histogram(home, tmp_path, portrait, monkeypatch):
    key, secret = home.deployment.keys.create("eve", "auditor", "independent-test")
    credentials = tmp_path / "credentials"
    credentials.write_text(
        f"[default]\naws_access_key_id = {key.key_id}\naws_secret_access_key = {secret}\n"
    )
    monkeypatch.setenv("BEHOLDEN_CREDENTIALS", str(credentials))
    monkeypatch.setenv("BEHOLDEN_DATA_DIR", str(home.folder))
    pictures = [tmp_path / "one.jpg", tmp_path / "two.jpg"]
    for picture in pictures:
        picture.write_bytes(portrait["Bytes"])
    output = CliRunner().invoke(app, ["audit", "test", "wanted", *map(str, pictures)]).output
    assert "2 images, 2 with a face" in output
    assert " 100 %       2  #####" in output
    assert NAME not in output
