"""DetectFaces and CompareFaces through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Portrait, Service, encode

FIVE = {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_detect_faces_finds_the_astronaut(client: Any, portrait: Portrait) -> None:
    (face,) = client.detect_faces(Image={"Bytes": portrait.whole})["FaceDetails"]
    box = face["BoundingBox"]
    centre = (box["Left"] + box["Width"] / 2, box["Top"] + box["Height"] / 2)
    assert centre == pytest.approx((0.44, 0.23), abs=0.06)
    assert face["Confidence"] > 80
    assert {landmark["Type"] for landmark in face["Landmarks"]} == FIVE
    assert set(face) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def test_detect_faces_all_attributes_tell_a_smile(client: Any, portrait: Portrait) -> None:
    (face,) = client.detect_faces(Image={"Bytes": portrait.whole}, Attributes=["ALL"])[
        "FaceDetails"
    ]
    assert face["Smile"]["Value"] is True
    assert face["Emotions"][0]["Type"] == "HAPPY"
    assert face["Gender"]["Value"] == "Female"
    assert face["AgeRange"]["Low"] < 45 < face["AgeRange"]["High"] + 15
    assert len(face["Landmarks"]) > 20


def test_one_attribute_gives_that_attribute_only(client: Any, portrait: Portrait) -> None:
    request = {"Image": {"Bytes": portrait.whole}, "Attributes": ["DEFAULT", "SMILE"]}
    (face,) = client.detect_faces(**request)["FaceDetails"]
    assert "Smile" in face
    assert "Gender" not in face


def test_no_face_is_an_empty_list(client: Any, landscape: bytes) -> None:
    assert client.detect_faces(Image={"Bytes": landscape})["FaceDetails"] == []


def test_exif_orientation_is_applied(client: Any, portrait: Portrait) -> None:
    from PIL import Image

    rotated = Image.fromarray(portrait.pixels).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    sent = encode(rotated, exif=exif.tobytes())
    (face,) = client.detect_faces(Image={"Bytes": sent})["FaceDetails"]
    (upright,) = client.detect_faces(Image={"Bytes": portrait.whole})["FaceDetails"]
    assert face["BoundingBox"]["Left"] == pytest.approx(upright["BoundingBox"]["Left"], abs=0.03)


def test_an_object_in_a_bucket(service: Service, client: Any, portrait: Portrait) -> None:
    bucket = service.data_dir / "buckets" / "photos"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / "crew.jpg").write_bytes(portrait.whole)
    there = {"S3Object": {"Bucket": "photos", "Name": "crew.jpg"}}
    assert len(client.detect_faces(Image=there)["FaceDetails"]) == 1


@pytest.mark.parametrize(
    "name",
    ["missing.jpg", "../credentials", "../../etc/passwd", "/etc/passwd", "a/../../credentials"],
)
def test_no_way_out_of_a_bucket(service: Service, client: Any, name: str) -> None:
    (service.data_dir / "buckets" / "photos").mkdir(parents=True, exist_ok=True)
    there = {"S3Object": {"Bucket": "photos", "Name": name}}
    with pytest.raises(ClientError) as error:
        client.detect_faces(Image=there)
    assert code(error) == "InvalidS3ObjectException"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"Bytes": b"not an image"}, "InvalidImageFormatException"),
        ({"Bytes": b"GIF89a" + bytes(200)}, "InvalidImageFormatException"),
        ({}, "InvalidParameterException"),
        (
            {"Bytes": b"x", "S3Object": {"Bucket": "photos", "Name": "a"}},
            "InvalidParameterException",
        ),
    ],
)
def test_bad_images(client: Any, image: dict[str, Any], expected: str) -> None:
    with pytest.raises(ClientError) as error:
        client.detect_faces(Image=image)
    assert code(error) == expected


def test_compare_faces_tells_the_same_person(client: Any, portrait: Portrait) -> None:
    answer = client.compare_faces(
        SourceImage={"Bytes": portrait.whole}, TargetImage={"Bytes": portrait.tilted}
    )
    (match,) = answer["FaceMatches"]
    assert match["Similarity"] > 99
    assert answer["UnmatchedFaces"] == []
    assert answer["SourceImageFace"]["Confidence"] > 80


def test_compare_faces_answers_for_each_face_of_the_target(client: Any, portrait: Portrait) -> None:
    answer = client.compare_faces(
        SourceImage={"Bytes": portrait.whole},
        TargetImage={"Bytes": portrait.twice},
        SimilarityThreshold=100,
    )
    assert len(answer["FaceMatches"]) + len(answer["UnmatchedFaces"]) == 2


def test_compare_faces_needs_faces(client: Any, portrait: Portrait, landscape: bytes) -> None:
    for source, target in ((portrait.whole, landscape), (landscape, portrait.whole)):
        with pytest.raises(ClientError) as error:
            client.compare_faces(SourceImage={"Bytes": source}, TargetImage={"Bytes": target})
        assert code(error) == "InvalidParameterException"
