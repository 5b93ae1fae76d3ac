"""DetectLabels and DetectModerationLabels through boto3, with the real models."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from beholden.config import Settings
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore

from .conftest import Portrait, Service, encode

WITHIN_S = 30
ADAPTER = "arn:aws:rekognition:us-east-1:123456789012:project/ours/version/first/1700000000000"


@pytest.fixture(autouse=True)
def _installed() -> None:
    store = ModelStore(Settings().models_dir, read_manifest())
    if not all(store.installed(store.spec(name)) for name in ("objects", "scenes", "adult")):
        pytest.skip("run: beholden models install")


def named(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {label["Name"]: label for label in answer["Labels"]}


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_person_is_found_and_counted(client: Any, portrait: Portrait) -> None:
    answer = client.detect_labels(Image={"Bytes": portrait.whole})
    person = named(answer)["Person"]
    (instance,) = person["Instances"]
    assert instance["BoundingBox"]["Width"] > 0.4
    assert person["Confidence"] >= 55
    assert person["Aliases"] == [{"Name": "Human"}]
    assert person["Categories"] == [{"Name": "Person Description"}]
    assert answer["LabelModelVersion"]
    confidences = [label["Confidence"] for label in answer["Labels"]]
    assert confidences == sorted(confidences, reverse=True)


def test_coffee_is_a_cup(client: Any, landscape: bytes) -> None:
    labels = named(client.detect_labels(Image={"Bytes": landscape}))
    assert {"Cup", "Tableware"} <= labels.keys()
    assert {"Name": "Tableware"} in labels["Cup"]["Parents"]


def test_filters_and_limits(client: Any, portrait: Portrait) -> None:
    image = {"Bytes": portrait.whole}
    everything = client.detect_labels(Image=image, MinConfidence=1)["Labels"]
    assert len(client.detect_labels(Image=image, MinConfidence=1, MaxLabels=3)["Labels"]) == 3
    for filters, there in (
        ({"LabelInclusionFilters": ["Person"]}, True),
        ({"LabelExclusionFilters": ["Person"]}, False),
        ({"LabelCategoryInclusionFilters": ["Person Description"]}, True),
        ({"LabelCategoryExclusionFilters": ["Person Description"]}, False),
    ):
        found = client.detect_labels(
            Image=image, MinConfidence=1, Settings={"GeneralLabels": filters}
        )["Labels"]
        assert ("Person" in [label["Name"] for label in found]) is there
        assert len(found) < len(everything)


def test_image_properties(client: Any, portrait: Portrait) -> None:
    answer = client.detect_labels(
        Image={"Bytes": portrait.whole},
        Features=["IMAGE_PROPERTIES"],
        Settings={"ImageProperties": {"MaxDominantColors": 4}, "GeneralLabels": {}},
    )
    assert "Labels" not in answer
    properties = answer["ImageProperties"]
    for part in (properties, properties["Foreground"], properties["Background"]):
        assert 1 <= len(part["DominantColors"]) <= 4
        assert all(0 <= part["Quality"][n] <= 100 for n in ("Brightness", "Sharpness", "Contrast"))
    first = properties["DominantColors"][0]
    rgb = tuple(int(first["HexCode"][n : n + 2], 16) for n in (1, 3, 5))
    assert rgb == (first["Red"], first["Green"], first["Blue"])


def test_instances_have_colours_where_properties_are_wanted(
    client: Any, portrait: Portrait
) -> None:
    both = ["GENERAL_LABELS", "IMAGE_PROPERTIES"]
    answer = client.detect_labels(Image={"Bytes": portrait.whole}, Features=both)
    (instance,) = named(answer)["Person"]["Instances"]
    shares = [colour["PixelPercent"] for colour in instance["DominantColors"]]
    assert 0 < len(shares) <= 10
    assert shares == sorted(shares, reverse=True)
    alone = named(client.detect_labels(Image={"Bytes": portrait.whole}))
    assert "DominantColors" not in alone["Person"]["Instances"][0]


@pytest.mark.parametrize(
    "members",
    [
        {"Features": ["IMAGE_PROPERTIES"], "MinConfidence": 60.0},
        {"Features": ["IMAGE_PROPERTIES"], "MaxLabels": 5},
        {
            "Features": ["IMAGE_PROPERTIES"],
            "Settings": {"GeneralLabels": {"LabelInclusionFilters": ["Car"]}},
        },
        {"Settings": {"ImageProperties": {"MaxDominantColors": 3}}},
    ],
)
def test_a_setting_without_its_feature(
    client: Any, portrait: Portrait, members: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as error:
        client.detect_labels(Image={"Bytes": portrait.whole}, **members)
    assert code(error) == "InvalidParameterException"


def test_a_harmless_picture_is_harmless(client: Any, portrait: Portrait) -> None:
    answer = client.detect_moderation_labels(Image={"Bytes": portrait.whole})
    assert answer["ModerationLabels"] == []
    assert answer["ModerationModelVersion"] == "7.0"
    everything = client.detect_moderation_labels(Image={"Bytes": portrait.whole}, MinConfidence=0)
    for label in everything["ModerationLabels"]:
        assert (label["TaxonomyLevel"] == 1) is (label["ParentName"] == "")


def test_what_is_not_offered_is_refused(client: Any, portrait: Portrait) -> None:
    image = {"Bytes": portrait.whole}
    with pytest.raises(ClientError) as error:
        client.detect_moderation_labels(Image=image, ProjectVersion=ADAPTER)
    assert code(error) == "ResourceNotFoundException"
    loop = {"HumanLoopName": "loop", "FlowDefinitionArn": "arn:aws:sagemaker:us-east-1:1:x/y"}
    with pytest.raises(ClientError) as error:
        client.detect_moderation_labels(Image=image, HumanLoopConfig=loop)
    assert code(error) == "InvalidParameterException"


def in_bucket(service: Service, name: str, data: bytes) -> dict[str, Any]:
    bucket = service.data_dir / "buckets" / "extremes"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / name).write_bytes(data)
    return {"S3Object": {"Bucket": "extremes", "Name": name}}


def extremes(service: Service) -> dict[str, dict[str, Any]]:
    noise = np.random.default_rng(5).integers(0, 256, (2000, 2200, 3), dtype=np.uint8)
    return {
        "one pixel high": {"Bytes": encode(np.zeros((1, 200, 3), np.uint8))},
        "10,000 px wide": {"Bytes": encode(np.full((80, 10_000, 3), 90, np.uint8))},
        "blank": {"Bytes": encode(np.full((400, 400, 3), 255, np.uint8))},
        "noise": {"Bytes": encode(noise[:300, :400])},
        "15 MB": in_bucket(service, "large.png", encode(noise, "PNG")),
    }


def test_extreme_pictures_get_sensible_answers_in_time(service: Service, client: Any) -> None:
    for name, image in extremes(service).items():
        for call in (client.detect_labels, client.detect_moderation_labels):
            began = time.monotonic()
            assert outcome(call, image) == expected(name)
            assert time.monotonic() - began < WITHIN_S


def outcome(call: Any, image: dict[str, Any]) -> Any:
    """The labels of an answer, or its error code."""
    try:
        answer = call(Image=image)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return answer.get("Labels", []) + answer.get("ModerationLabels", [])


def expected(name: str) -> Any:
    return "InvalidParameterException" if name == "one pixel high" else []


def test_some_of_the_malformed_set(client: Any, shared_data: Path) -> None:
    paths = sorted(p for p in (shared_data / "malformed/images").iterdir() if p.stat().st_size)
    found = set()
    for path in paths[::8]:
        try:
            client.detect_labels(Image={"Bytes": path.read_bytes()}, Features=["IMAGE_PROPERTIES"])
        except ClientError as error:
            found.add(error.response["Error"]["Code"])
    assert found <= {
        "InvalidImageFormatException",
        "ImageTooLargeException",
        "InvalidParameterException",
    }
    assert found
