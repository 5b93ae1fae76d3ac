"""A search under review through an unmodified boto3, reviewed and disclosed over HTTP."""

from __future__ import annotations

import base64
import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from beholden.cli.app import app

from .conftest import Portrait, Service

PURPOSE = "wanted-persons"
NAME = "somebody-known"
Keys = Callable[[str, str], tuple[str, str]]


@pytest.fixture(scope="module")
def keys(service: Service) -> Keys:
    """A key for a person in a role, under a purpose that demands review."""
    status, _ = service.verb("PutPurpose", Name=PURPOSE, Review=True)
    assert status == 200

    def make(holder: str, role: str) -> tuple[str, str]:
        asked = {"Holder": holder, "Role": role, "Purpose": PURPOSE}
        made = service.verb("CreateKey", **asked)[1]
        return made["KeyId"], made["Secret"]

    return make


@pytest.fixture(scope="module")
def ann(service: Service, keys: Keys, portrait: Portrait) -> Any:
    """Who searches, and has enrolled one face and one user."""
    client = service.client(*keys("ann", "operator"))
    client.create_collection(CollectionId="wanted")
    enrolled = client.index_faces(
        CollectionId="wanted", Image={"Bytes": portrait.whole}, ExternalImageId=NAME
    )
    face = enrolled["FaceRecords"][0]["Face"]["FaceId"]
    client.create_user(CollectionId="wanted", UserId=f"user-{NAME}")
    client.associate_faces(CollectionId="wanted", UserId=f"user-{NAME}", FaceIds=[face])
    return client


def test_no_search_tells_who_it_is(ann: Any, portrait: Portrait) -> None:
    (face,) = ann.list_faces(CollectionId="wanted")["Faces"]
    image = {"Bytes": portrait.darker}
    faces = [
        ann.search_faces(CollectionId="wanted", FaceId=face["FaceId"]),
        ann.search_faces_by_image(CollectionId="wanted", Image=image),
    ]
    users = [
        ann.search_users(CollectionId="wanted", FaceId=face["FaceId"]),
        ann.search_users(CollectionId="wanted", UserId=f"user-{NAME}"),
        ann.search_users_by_image(CollectionId="wanted", Image=image),
    ]
    for answer in faces:
        (match,) = answer["FaceMatches"]
        assert set(match["Face"]) == {"FaceId"}
        assert uuid.UUID(match["Face"]["FaceId"]) != uuid.UUID(face["FaceId"])
        assert match["Similarity"] == 0
    for answer in users:
        (match,) = answer["UserMatches"]
        assert match["User"]["UserId"].startswith("lead:")
        assert match["Similarity"] == 0
    told = json.dumps([one["FaceMatches"] for one in faces] + [one["UserMatches"] for one in users])
    assert NAME not in told
    assert face["FaceId"] not in told
    assert face["ImageId"] not in told


def test_two_reviewers_release_it_and_a_packet_tells_how(
    service: Service, keys: Keys, ann: Any, portrait: Portrait
) -> None:
    searcher = keys("ann", "operator")
    answer = ann.search_faces_by_image(CollectionId="wanted", Image={"Bytes": portrait.darker})
    lead = answer["FaceMatches"][0]["Face"]["FaceId"]
    for name in ("rita", "saul"):
        reviewer = keys(name, "reviewer")
        _, shown = service.verb("OpenLead", signer=reviewer, LeadId=lead)
        assert base64.b64decode(shown["Probe"][0]).startswith(b"\xff\xd8")
        assert [set(one) for one in shown["Candidates"]] == [{"Number", "Pictures"}]
        verdict = {"LeadId": lead, "View": shown["View"], "Candidate": 1, "Reason": "the ear"}
        assert service.verb("JudgeLead", signer=reviewer, **verdict)[0] == 200
    _, told = service.verb("GetLead", signer=searcher, LeadId=lead)
    assert told["State"] == "upheld"
    assert told["FaceMatch"]["Face"]["ExternalImageId"] == NAME
    status, made = service.verb("Disclose", Id=lead)
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(made["Packet"]))) as packet:
        assert "index.html" in packet.namelist()


def test_a_verdict_without_a_reason_is_refused(
    service: Service, keys: Keys, ann: Any, portrait: Portrait
) -> None:
    answer = ann.search_faces_by_image(CollectionId="wanted", Image={"Bytes": portrait.whole})
    lead = answer["FaceMatches"][0]["Face"]["FaceId"]
    _, refused = service.verb("JudgeLead", signer=keys("rita", "reviewer"), LeadId=lead)
    assert refused["Code"] == "ValidationException"
    assert "'View' is required" in refused["Message"]
    verdict = {"LeadId": lead, "View": "00000000", "Reason": "x"}
    _, refused = service.verb("JudgeLead", signer=keys("ann", "reviewer"), **verdict)
    assert refused["Code"] == "AccessDeniedException"
    assert "own-search" in refused["Message"]


def test_a_lead_is_no_face(ann: Any, portrait: Portrait) -> None:
    """Whoever takes it for one and goes on with it gets nowhere."""
    answer = ann.search_faces_by_image(CollectionId="wanted", Image={"Bytes": portrait.whole})
    lead = answer["FaceMatches"][0]["Face"]["FaceId"]
    with pytest.raises(ClientError, match="was not found"):
        ann.search_faces(CollectionId="wanted", FaceId=lead)
    assert ann.list_faces(CollectionId="wanted", FaceIds=[lead])["Faces"] == []


def test_the_command_line_reviews_and_discloses(
    service: Service,
    keys: Keys,
    ann: Any,
    portrait: Portrait,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = ann.search_faces_by_image(CollectionId="wanted", Image={"Bytes": portrait.whole})
    lead = answer["FaceMatches"][0]["Face"]["FaceId"]
    key_id, secret = keys("rita", "reviewer")
    credentials = tmp_path / "rita"
    credentials.write_text(
        f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    )
    here = ["--data-dir", str(service.data_dir)]

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, *here])
        assert done.exit_code == 0, done.output
        return done.output

    page, packet = tmp_path / "lead.html", tmp_path / "packet.zip"
    with monkeypatch.context() as as_rita:
        as_rita.setenv("BEHOLDEN_CREDENTIALS", str(credentials))
        assert "the probe and 1 candidate." in run("review", "open", lead, "--output", str(page))
        assert page.stat().st_mode & 0o777 == 0o600
        assert page.read_text().count("data:image/jpeg;base64,") == 2
        (view,) = re.findall(r"<b>([0-9a-f]{8})</b>", page.read_text())
        told = run("review", "judge", lead, "--view", view, "--nobody", "--reason", "another nose")
        assert "A second person has to judge it." in told
    saul = keys("saul", "reviewer")
    view = service.verb("OpenLead", signer=saul, LeadId=lead)[1]["View"]
    service.verb("JudgeLead", signer=saul, LeadId=lead, View=view, Reason="another chin")
    assert "no-match" in run("review", "list", "--state", "no-match")
    assert "which stands in the log" in run("disclose", lead, "--output", str(packet))
    assert NAME not in zipfile.ZipFile(packet).read("index.html").decode()
