"""DetectProtectiveEquipment and RecognizeCelebrities through boto3, good input and bad."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from .conftest import Portrait, Service, encode

# On a machine whose cores others use, too.
SECONDS = 60
MASK = {"MinConfidence": 50, "RequiredEquipmentTypes": ["FACE_COVER"]}


def test_a_person_and_what_is_not_worn(client: Any, portrait: Portrait) -> None:
    found = client.detect_protective_equipment(
        Image={"Bytes": portrait.whole}, SummarizationAttributes=MASK
    )
    assert found["ProtectiveEquipmentModelVersion"] == "1.0"
    (person,) = found["Persons"]
    parts = {part["Name"]: part["EquipmentDetections"] for part in person["BodyParts"]}
    assert parts["FACE"] == []
    assert "HEAD" in parts
    assert found["Summary"]["PersonsWithoutRequiredEquipment"] == [person["Id"]]


def test_gloves_are_never_guessed(client: Any, portrait: Portrait) -> None:
    asked = {"MinConfidence": 50, "RequiredEquipmentTypes": ["HAND_COVER"]}
    found = client.detect_protective_equipment(
        Image={"Bytes": portrait.whole}, SummarizationAttributes=asked
    )
    assert found["Summary"]["PersonsIndeterminate"] == [0]


def test_nobody_is_an_empty_list(client: Any, landscape: bytes) -> None:
    found = client.detect_protective_equipment(Image={"Bytes": landscape})
    assert found["Persons"] == []
    assert "Summary" not in found


def test_next_to_amazons_own_answer(client: Any, shared_data: Path) -> None:
    """Four workers with masks and helmets, as Rekognition answered in 2021."""
    amazon = json.loads((shared_data / "ppe/aws-ppe-image.json").read_text("utf-8"))
    picture = (shared_data / "ppe/aws-ppe-image-group.jpg").read_bytes()
    asked = {"MinConfidence": 60, "RequiredEquipmentTypes": ["HEAD_COVER", "FACE_COVER"]}
    ours = client.detect_protective_equipment(
        Image={"Bytes": picture}, SummarizationAttributes=asked
    )
    assert len(ours["Persons"]) == len(amazon["Persons"]) == 4
    assert len(ours["Summary"]["PersonsWithRequiredEquipment"]) == 4
    assert set(_members(ours["Persons"])) == set(_members(amazon["Persons"]))
    for person in ours["Persons"]:
        (theirs,) = (p for p in amazon["Persons"] if _overlap(p, person) > 0.5)
        assert _worn(person).keys() == _worn(theirs).keys() == {"FACE_COVER", "HEAD_COVER"}
        for kind, cover in _worn(person).items():
            assert _overlap(cover, _worn(theirs)[kind]) > 0.4


def _worn(person: dict[str, Any]) -> dict[str, Any]:
    return {e["Type"]: e for part in person["BodyParts"] for e in part["EquipmentDetections"]}


def _members(value: Any, path: str = "") -> Iterator[tuple[str, type]]:
    """Every member that an answer has, and what it is."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _members(each, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from _members(each, f"{path}[]")
    else:
        yield path, type(value)


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Intersection over union of two boxes."""
    a, b = one["BoundingBox"], other["BoundingBox"]
    wide = min(a["Left"] + a["Width"], b["Left"] + b["Width"]) - max(a["Left"], b["Left"])
    high = min(a["Top"] + a["Height"], b["Top"] + b["Height"]) - max(a["Top"], b["Top"])
    shared = max(0.0, wide) * max(0.0, high)
    return float(shared / (a["Width"] * a["Height"] + b["Width"] * b["Height"] - shared))


@pytest.fixture(scope="module")
def imported(service: Service, portrait: Portrait) -> Any:
    """A client whose key may recognise the one public figure that was imported."""
    status, key = service.verb("CreateKey", Holder="press", Role="operator", Purpose="celebrities")
    assert status == 200
    signer = (key["KeyId"], key["Secret"])
    status, added = service.verb(
        "AddCelebrity",
        signer=signer,
        ExternalImageId="2dj1NR9",
        Name="Eileen Collins",
        Urls=["www.nasa.gov"],
        Image=base64.b64encode(portrait.whole).decode(),
    )
    assert (status, added["Id"]) == (200, "2dj1NR9")
    return service.client(*signer)


def test_who_was_imported_is_recognised_and_others_are_not(
    imported: Any, portrait: Portrait
) -> None:
    found = imported.recognize_celebrities(Image={"Bytes": portrait.darker})
    (celebrity,) = found["CelebrityFaces"]
    assert (celebrity["Name"], celebrity["Id"]) == ("Eileen Collins", "2dj1NR9")
    assert celebrity["MatchConfidence"] > 95
    assert celebrity["Face"]["Landmarks"]
    info = imported.get_celebrity_info(Id=celebrity["Id"])
    assert (info["Name"], info["Urls"]) == ("Eileen Collins", ["www.nasa.gov"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        imported.get_celebrity_info(Id="nobody")


def test_a_picture_of_nobody_recognises_nobody(imported: Any, landscape: bytes) -> None:
    found = imported.recognize_celebrities(Image={"Bytes": landscape})
    assert (found["CelebrityFaces"], found["UnrecognizedFaces"]) == ([], [])


def test_another_key_is_told_what_it_takes(client: Any, imported: Any, portrait: Portrait) -> None:
    with pytest.raises(ClientError, match="beholden collections bind"):
        client.recognize_celebrities(Image={"Bytes": portrait.whole})


def _noise(height: int, width: int) -> Any:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("pixels", "codes"),
    [
        (np.full((1, 800, 3), 99, np.uint8), {"InvalidParameterException"}),
        (_noise(64, 64), {"", "InvalidParameterException"}),
        (np.full((300, 10_000, 3), 200, np.uint8), {""}),
        (np.full((480, 640, 3), 255, np.uint8), {""}),
        (_noise(480, 640), {""}),
    ],
    ids=["1 px high", "small", "10,000 px wide", "blank", "noise"],
)
def test_strange_pictures_get_an_answer_in_time(
    imported: Any, pixels: Any, codes: set[str]
) -> None:
    began = time.monotonic()
    for call in (imported.detect_protective_equipment, imported.recognize_celebrities):
        code, answer = _outcome(call, encode(pixels))
        assert code in codes
        assert not code or (not answer.get("CelebrityFaces") and not answer.get("Persons"))
    assert time.monotonic() - began < SECONDS


def test_more_than_four_megabytes_are_too_many_for_equipment(imported: Any) -> None:
    picture = encode(_noise(1300, 1300), "PNG")
    assert 4 * 2**20 < len(picture) < 5_242_880
    code, _ = _outcome(imported.detect_protective_equipment, picture)
    assert code == "ImageTooLargeException"
    assert _outcome(imported.recognize_celebrities, picture)[0] == ""


def test_broken_files_get_client_errors(imported: Any, shared_data: Path) -> None:
    files = sorted(p for p in (shared_data / "malformed/images").iterdir() if p.stat().st_size)
    codes = {
        _outcome(call, path.read_bytes())[0]
        for path in files[::8]
        for call in (imported.detect_protective_equipment, imported.recognize_celebrities)
    }
    assert codes <= {
        "",
        "InvalidImageFormatException",
        "ImageTooLargeException",
        "InvalidParameterException",
    }


def _outcome(call: Any, picture: bytes) -> tuple[str, dict[str, Any]]:
    """The error's code, or none, and the answer."""
    try:
        return "", call(Image={"Bytes": picture})
    except ClientError as error:
        return str(error.response["Error"]["Code"]), {}
