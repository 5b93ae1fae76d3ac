"""DetectText through boto3 and the AWS CLI, on pages drawn here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageDraw, ImageFont

from .conftest import Service, encode
from .test_bad_input import outcome

LINES = ("Invoice No 2291", "To be paid within", "thirty days", "Thank you")
# On a machine whose cores others use, too.
SECONDS = 60


def draw(lines: Any, size_px: int = 36, font: str | None = None) -> Image.Image:
    page = Image.new("RGB", (700, 80 * len(lines) + 40), "white")
    face = ImageFont.truetype(font, size_px) if font else ImageFont.load_default(size_px)
    for row, line in enumerate(lines):
        ImageDraw.Draw(page).text((60, 40 + 80 * row), line, fill="black", font=face)
    return page


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return draw(LINES)


def found(client: Any, picture: Any, **filters: Any) -> list[dict[str, Any]]:
    request = {"Filters": filters} if filters else {}
    answer = client.detect_text(Image={"Bytes": encode(picture, "PNG")}, **request)
    return list(answer["TextDetections"])


def texts(detections: list[dict[str, Any]], kind: str) -> list[str]:
    return [d["DetectedText"] for d in detections if d["Type"] == kind]


def test_lines_and_their_words(client: Any, page: Image.Image) -> None:
    answer = client.detect_text(Image={"Bytes": encode(page)})
    detections = answer["TextDetections"]
    assert answer["TextModelVersion"]
    assert texts(detections, "LINE") == list(LINES)
    assert texts(detections, "WORD") == " ".join(LINES).split()
    assert [d["Id"] for d in detections] == list(range(len(detections)))
    lines = {d["Id"]: d for d in detections if d["Type"] == "LINE"}
    assert not any("ParentId" in line for line in lines.values())
    for word in (d for d in detections if d["Type"] == "WORD"):
        assert word["DetectedText"] in lines[word["ParentId"]]["DetectedText"].split()
        assert word["Confidence"] > 80


def test_boxes_and_polygons_are_where_the_text_is(client: Any, page: Image.Image) -> None:
    first = found(client, page)[0]
    box, polygon = first["Geometry"]["BoundingBox"], first["Geometry"]["Polygon"]
    assert box["Left"] * page.width == pytest.approx(60, abs=8)
    assert box["Top"] * page.height == pytest.approx(48, abs=10)
    assert [p["X"] < 0.3 for p in polygon] == [True, False, False, True]
    assert polygon[0]["Y"] < polygon[3]["Y"]


@pytest.mark.parametrize("degrees", [90, 180, 270, 20])
def test_turned_pages_are_read_in_their_own_order(
    client: Any, page: Image.Image, degrees: int
) -> None:
    turned = page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    detections = found(client, turned)
    assert texts(detections, "LINE") == list(LINES)
    start, end = detections[0]["Geometry"]["Polygon"][:2]
    along = (end["X"] - start["X"]) * turned.width + 1j * (end["Y"] - start["Y"]) * turned.height
    assert abs(np.angle(along * np.exp(1j * np.radians(degrees)))) < np.radians(5)


def test_filters(client: Any, page: Image.Image) -> None:
    assert found(client, page, WordFilter={"MinConfidence": 100}) == []
    wide = found(client, page, WordFilter={"MinBoundingBoxWidth": 0.17})
    assert texts(wide, "WORD") == ["Invoice"]
    assert texts(wide, "LINE") == ["Invoice"]
    assert found(client, page, WordFilter={"MinBoundingBoxHeight": 0.5}) == []


def test_regions_of_interest(client: Any, page: Image.Image) -> None:
    top = {"BoundingBox": {"Left": 0.005, "Top": 0, "Width": 1, "Height": 0.25}}
    corner = {"Polygon": [{"X": 0, "Y": 1}, {"X": 0, "Y": 0.75}, {"X": 1, "Y": 0.75}]}
    assert texts(found(client, page, RegionsOfInterest=[top]), "LINE") == [LINES[0]]
    both = texts(found(client, page, RegionsOfInterest=[top, corner]), "WORD")
    assert both[:3] == LINES[0].split()
    assert set(both[3:]) <= {"Thank", "you"}


@pytest.mark.parametrize(
    "region",
    [
        {},
        {"BoundingBox": {"Left": 0, "Top": 0, "Width": 0, "Height": 1}},
        {"BoundingBox": {"Left": 1.5, "Top": 0, "Width": 1, "Height": 1}},
        {"BoundingBox": {"Left": -0.5, "Top": 0, "Width": 1, "Height": 1}},
        {"BoundingBox": {"Left": 0.5, "Top": 0, "Width": 0.8, "Height": 1}},
        {"BoundingBox": {"Left": 0, "Top": 0, "Width": 1, "Height": 1e38}},
        {"Polygon": [{"X": 0, "Y": 0}, {"X": 1, "Y": 1}]},
        {"Polygon": [{"X": 0, "Y": 0}, {"X": 1, "Y": 1}, {"X": 1, "Y": -3}]},
        {"Polygon": [{"X": 0, "Y": 0}] * 11},
    ],
)
def test_regions_that_are_none(client: Any, page: Image.Image, region: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as error:
        found(client, page, RegionsOfInterest=[region])
    assert error.value.response["Error"]["Code"] == "InvalidParameterException"


def test_the_first_hundred_words(client: Any) -> None:
    rows = [" ".join(f"w{row}{column}" for column in range(8)) for row in range(14)]
    words = texts(found(client, draw(rows, 28)), "WORD")
    assert len(words) == 100
    assert words[:2] == ["w00", "w01"]


@pytest.mark.parametrize(
    "lines",
    [
        ("Широкая электрификация", "южных губерний"),
        ("مرحبا بالعالم", "مدينة القاهرة"),
        ("שלום עולם", "אין כניסה"),
        ("Բարեւ աշխարհ", "გამარჯობა მსოფლიო"),
    ],
)
def test_scripts_that_cannot_be_read_are_no_nonsense_at_99(
    client: Any, lines: tuple[str, ...]
) -> None:
    try:
        picture = draw(lines, font="DejaVuSans.ttf")
    except OSError:
        pytest.skip("there is no DejaVu Sans here")
    detections = found(client, picture, WordFilter={"MinConfidence": 0})
    assert all(d["Confidence"] < 90 for d in detections)
    assert found(client, picture, WordFilter={"MinConfidence": 90}) == []


def odd_picture(name: str) -> Any:
    noise = np.random.default_rng(0)
    return {
        "blank": lambda: np.full((400, 600, 3), 255, np.uint8),
        "noise": lambda: noise.integers(0, 256, (900, 900, 3), np.uint8),
        "wide": lambda: noise.integers(0, 256, (80, 9990, 3), np.uint8),
        "tall": lambda: np.zeros((9990, 80, 3), np.uint8),
    }[name]()


@pytest.mark.parametrize("name", ["blank", "noise", "wide", "tall"])
def test_odd_pictures_are_answered_in_bounded_time(client: Any, name: str) -> None:
    start = time.monotonic()
    assert found(client, odd_picture(name), WordFilter={"MinConfidence": 90}) == []
    assert time.monotonic() - start < SECONDS


def test_one_pixel_high(client: Any) -> None:
    with pytest.raises(ClientError) as error:
        found(client, np.zeros((1, 10_000, 3), np.uint8))
    assert error.value.response["Error"]["Code"] == "InvalidParameterException"


def test_the_aws_cli_reads_an_object(service: Service, page: Image.Image) -> None:
    bucket = service.data_dir / "buckets" / "papers"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / "page.png").write_bytes(encode(page, "PNG"))
    key, secret = service.credentials()
    image = json.dumps({"S3Object": {"Bucket": "papers", "Name": "page.png"}})
    done = subprocess.run(
        [sys.executable, "-m", "awscli", "rekognition", "detect-text", "--image", image],
        env={
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL_REKOGNITION": service.url,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_DEFAULT_OUTPUT": "json",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert texts(json.loads(done.stdout)["TextDetections"], "LINE") == list(LINES)


def test_broken_pictures_get_answers_or_client_errors(client: Any, shared_data: Path) -> None:
    files = sorted(p for p in (shared_data / "malformed/images").iterdir() if p.stat().st_size)
    codes = {outcome(client.detect_text, Image={"Bytes": p.read_bytes()}) for p in files[::8]}
    assert codes <= {
        "answered",
        "InvalidImageFormatException",
        "ImageTooLargeException",
        "InvalidParameterException",
    }


def test_several_clients_at_once_get_what_one_gets(client: Any, page: Image.Image) -> None:
    alone = found(client, page)
    with ThreadPoolExecutor(4) as pool:
        assert all(got == alone for got in pool.map(lambda _: found(client, page), range(8)))


def test_a_long_strip_is_read(client: Any) -> None:
    strip = Image.new("RGB", (5000, 80), "white")
    draw_on, face = ImageDraw.Draw(strip), ImageFont.load_default(36)
    draw_on.text((300, 15), "Platform", fill="black", font=face)
    draw_on.text((4300, 15), "Exit", fill="black", font=face)
    assert texts(found(client, strip), "WORD") == ["Platform", "Exit"]
