"""Shots and technical cues through boto3, of a video that is drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.videos import portrait_at, write

from .conftest import Service
from .test_video import ended, video

FPS = 10
SHAPE = (180, 320)
CARD = "DIRECTED BY\nJANE EXAMPLE\n\nMUSIC BY\nALICE DEMO"
# Of 12 seconds: black, bars, black, two shots, credits, black.
CUES = [
    ("BlackFrames", 0, 9),
    ("ColorBars", 10, 29),
    ("BlackFrames", 30, 39),
    ("Content", 40, 79),
    ("EndCredits", 80, 109),
    ("BlackFrames", 110, 119),
]
# Thin letters that go leave the picture much as it was: that is no cut.
SHOTS = [(0, 9), (10, 29), (30, 39), (40, 59), (60, 79), (80, 119)]


def programme() -> Iterator[Any]:
    black = np.zeros((*SHAPE, 3), np.uint8)
    yield from [black] * 10
    yield from [bars()] * 20
    yield from [black] * 10
    for no in range(20):
        yield portrait_at(20 + 2 * no, size=130, shape=SHAPE)
    yield from [stripes()] * 20
    yield from [card()] * 30
    yield from [black] * 10


def bars() -> Any:
    graph = av.filter.Graph()
    source, sink = graph.add("smptebars", "size=320x180"), graph.add("buffersink")
    source.link_to(sink)
    graph.configure()
    return graph.pull().to_ndarray(format="rgb24")  # type: ignore[union-attr]


def stripes() -> Any:
    frame = np.full((*SHAPE, 3), 230, np.uint8)
    frame[::8], frame[1::8], frame[2::8] = (40, 90, 20), (40, 90, 20), (40, 90, 20)
    return frame


def card() -> Any:
    image = Image.new("RGB", SHAPE[::-1])
    font = ImageFont.load_default(18)
    ImageDraw.Draw(image).multiline_text((90, 30), CARD, "white", font, align="center")
    return np.asarray(image)


@pytest.fixture(scope="session")
def clip(service: Service) -> dict[str, Any]:
    folder = service.data_dir / "buckets" / "programmes"
    folder.mkdir(exist_ok=True)
    return video(write(folder / "programme.mp4", programme(), FPS))


def bounds(segments: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(one["StartFrameNumber"], one["EndFrameNumber"]) for one in segments]


def test_shots_and_cues_to_the_frame(client: Any, clip: dict[str, Any]) -> None:
    job_id = client.start_segment_detection(
        Video=clip, SegmentTypes=["TECHNICAL_CUE", "SHOT"], JobTag="programme"
    )["JobId"]
    answer = ended(client.get_segment_detection, job_id)
    assert answer.get("StatusMessage") is None
    assert [one["Type"] for one in answer["SelectedSegmentTypes"]] == ["TECHNICAL_CUE", "SHOT"]
    assert all(one["ModelVersion"] for one in answer["SelectedSegmentTypes"])
    cues = [one for one in answer["Segments"] if one["Type"] == "TECHNICAL_CUE"]
    shots = [one for one in answer["Segments"] if one["Type"] == "SHOT"]
    assert answer["Segments"] == cues + shots
    told = [one["TechnicalCueSegment"] for one in cues]
    assert [(c["Type"], *b) for c, b in zip(told, bounds(cues), strict=True)] == CUES
    assert bounds(shots) == SHOTS
    assert [one["ShotSegment"]["Index"] for one in shots] == list(range(len(SHOTS)))
    assert all(50 <= one["Confidence"] <= 100 for one in told)
    (metadata,) = answer["VideoMetadata"]
    assert (metadata["Codec"], metadata["DurationMillis"]) == ("h264", 12_000)
    assert answer["AudioMetadata"] == []


def test_a_segment_tells_its_times_in_three_ways(client: Any, clip: dict[str, Any]) -> None:
    job_id = client.start_segment_detection(Video=clip, SegmentTypes=["SHOT"])["JobId"]
    second = ended(client.get_segment_detection, job_id)["Segments"][1]
    assert second.pop("ShotSegment")["Confidence"] > 90
    assert second == {
        "Type": "SHOT",
        "StartTimestampMillis": 1000,
        "EndTimestampMillis": 2900,
        "DurationMillis": 2000,
        "StartTimecodeSMPTE": "00:00:01:00",
        "EndTimecodeSMPTE": "00:00:02:09",
        "DurationSMPTE": "00:00:02:00",
        "StartFrameNumber": 10,
        "EndFrameNumber": 29,
        "DurationFrames": 20,
    }
    page = client.get_segment_detection(JobId=job_id, MaxResults=4)
    pages = [page, client.get_segment_detection(JobId=job_id, NextToken=page["NextToken"])]
    assert [bounds(page["Segments"]) for page in pages] == [SHOTS[:4], SHOTS[4:]]


def test_filters_leave_out_what_is_less_sure_or_less_black(
    client: Any, clip: dict[str, Any]
) -> None:
    filters = {
        "TechnicalCueFilter": {
            "MinSegmentConfidence": 60,
            "BlackFrame": {"MaxPixelThreshold": 1, "MinCoveragePercentage": 50},
        },
        "ShotFilter": {"MinSegmentConfidence": 100},
    }
    job_id = client.start_segment_detection(
        Video=clip, SegmentTypes=["SHOT", "TECHNICAL_CUE"], Filters=filters
    )["JobId"]
    segments = ended(client.get_segment_detection, job_id)["Segments"]
    assert {one["Type"] for one in segments} == {"TECHNICAL_CUE"}
    told = {one["TechnicalCueSegment"]["Type"] for one in segments}
    assert told == {"BlackFrames", "ColorBars", "EndCredits"}  # and no content: all of it is black
