"""Labels, moderation and text in stored video through boto3: start, poll, get, in every order."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image
from skimage.data import chelsea

from tests.videos import write

from .conftest import Service
from .test_text import draw
from .test_video import code, ended, video

FPS = 4
SIZE = (640, 360)
WORDS = ("NEWS AT TEN", "Rain in the north")


def frame(picture: Image.Image) -> Any:
    """The picture on black, its height that of the frame."""
    whole = Image.new("RGB", SIZE)
    picture.thumbnail(SIZE)
    whole.paste(picture, ((SIZE[0] - picture.width) // 2, 0))
    return np.asarray(whole)


@pytest.fixture(scope="module")
def clip(service: Service) -> dict[str, Any]:
    """Two seconds of a cat, two of text."""
    folder = service.data_dir / "buckets" / "analyses"
    folder.mkdir(exist_ok=True)
    cat, page = frame(Image.fromarray(chelsea())), frame(draw(WORDS))
    frames = (cat if no < 2 * FPS else page for no in range(4 * FPS))
    return video(write(folder / "clip.mp4", frames, FPS))


def run(start: Any, get: Any, clip: dict[str, Any], **options: Any) -> tuple[str, dict[str, Any]]:
    job_id = start(Video=clip, JobTag="t", **options)["JobId"]
    answer = ended(get, job_id)
    assert answer["JobStatus"] == "SUCCEEDED"
    assert (answer["JobId"], answer["JobTag"], answer["Video"]) == (job_id, "t", clip)
    metadata = answer["VideoMetadata"]
    assert (metadata["FrameWidth"], metadata["FrameHeight"]) == SIZE
    assert (metadata["DurationMillis"], metadata["FrameRate"]) == (4000, FPS)
    return job_id, answer


def pages(get: Any, job_id: str, member: str, size: int, **order: Any) -> list[dict[str, Any]]:
    """What all pages hold together."""
    found, token = [], {}
    while True:
        answer = get(JobId=job_id, MaxResults=size, **order, **token)
        assert len(answer[member]) <= size
        assert answer["VideoMetadata"]["DurationMillis"] == 4000
        found += answer[member]
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


@pytest.fixture(scope="module")
def labels(client: Any, clip: dict[str, Any]) -> str:
    return run(client.start_label_detection, client.get_label_detection, clip)[0]


def test_labels_come_with_their_times(client: Any, labels: str) -> None:
    answer = client.get_label_detection(JobId=labels)
    assert answer["GetRequestMetadata"] == {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"}
    assert answer["LabelModelVersion"]
    times = [found["Timestamp"] for found in answer["Labels"]]
    assert times == sorted(times)
    assert all(found["Label"]["Confidence"] >= 50 for found in answer["Labels"])
    cats = [found for found in answer["Labels"] if found["Label"]["Name"] == "Cat"]
    assert [found["Timestamp"] for found in cats] == [0, 500, 1000, 1500]
    assert cats[0]["Label"]["Instances"]
    assert {"Name": "Animal"} in cats[0]["Label"]["Parents"]
    assert not {"StartTimestampMillis", "DurationMillis"} & cats[0].keys()


def test_labels_in_segments(client: Any, labels: str) -> None:
    answer = client.get_label_detection(JobId=labels, AggregateBy="SEGMENTS")
    assert answer["GetRequestMetadata"]["AggregateBy"] == "SEGMENTS"
    (cat,) = [found for found in answer["Labels"] if found["Label"]["Name"] == "Cat"]
    assert (cat["StartTimestampMillis"], cat["EndTimestampMillis"]) == (0, 2000)
    assert cat["DurationMillis"] == 2000
    assert cat["Label"]["Instances"] == []


@pytest.mark.parametrize("aggregate", ["TIMESTAMPS", "SEGMENTS"])
@pytest.mark.parametrize("order", ["TIMESTAMP", "NAME"])
def test_pages_hold_what_the_whole_holds(
    client: Any, labels: str, order: str, aggregate: str
) -> None:
    asked = {"SortBy": order, "AggregateBy": aggregate}
    whole = client.get_label_detection(JobId=labels, **asked)["Labels"]
    assert pages(client.get_label_detection, labels, "Labels", 3, **asked) == whole
    if order == "NAME":
        shown = [(found["Label"]["Name"], -found["Label"]["Confidence"]) for found in whole]
        assert shown == sorted(shown)
    assert client.get_label_detection(JobId=labels, MaxResults=5000, **asked)["Labels"] == whole


def test_label_filters(client: Any, clip: dict[str, Any]) -> None:
    filters = {"LabelInclusionFilters": ["Cat"]}
    _, answer = run(
        client.start_label_detection,
        client.get_label_detection,
        clip,
        MinConfidence=60.0,
        Features=["GENERAL_LABELS"],
        Settings={"GeneralLabels": filters},
    )
    assert {found["Label"]["Name"] for found in answer["Labels"]} == {"Cat"}


def test_moderation(client: Any, clip: dict[str, Any]) -> None:
    """Nothing here is to be moderated; with no least confidence, what there is of evidence."""
    start, get = client.start_content_moderation, client.get_content_moderation
    _, answer = run(start, get, clip)
    assert answer["ModerationLabels"] == []
    job_id, answer = run(start, get, clip, MinConfidence=0.0)
    found = answer["ModerationLabels"]
    assert {one["Timestamp"] for one in found} == {*range(0, 4000, 500)}
    assert answer["ModerationModelVersion"]
    stretches = get(JobId=job_id, AggregateBy="SEGMENTS", SortBy="NAME")["ModerationLabels"]
    names = [one["ModerationLabel"]["Name"] for one in stretches]
    assert names == sorted(names)
    assert set(names) == {one["ModerationLabel"]["Name"] for one in found}
    for one in stretches:
        least, most = one["StartTimestampMillis"], one["EndTimestampMillis"]
        assert one["DurationMillis"] == most - least > 0
        within = [
            other["ModerationLabel"]["Confidence"]
            for other in found
            if other["ModerationLabel"]["Name"] == one["ModerationLabel"]["Name"]
            and least <= other["Timestamp"] < most
        ]
        assert one["ModerationLabel"]["Confidence"] == max(within)
    assert pages(get, job_id, "ModerationLabels", 2) == found


def test_text(client: Any, clip: dict[str, Any]) -> None:
    job_id, answer = run(client.start_text_detection, client.get_text_detection, clip)
    found = answer["TextDetections"]
    assert {one["Timestamp"] for one in found} == {2000, 2500, 3000, 3500}
    lines = [one["TextDetection"]["DetectedText"] for one in found if one["Timestamp"] == 2500]
    assert lines[:2] == list(WORDS)
    assert answer["TextModelVersion"]
    assert pages(client.get_text_detection, job_id, "TextDetections", 4) == found


def test_text_filters(client: Any, clip: dict[str, Any]) -> None:
    """The upper line alone, by its region; nothing where words must be as high as the frame."""
    start, get = client.start_text_detection, client.get_text_detection
    upper = {"BoundingBox": {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 0.2}}
    _, answer = run(start, get, clip, Filters={"RegionsOfInterest": [upper]})
    read = {one["TextDetection"]["DetectedText"] for one in answer["TextDetections"]}
    assert read == {WORDS[0], *WORDS[0].split()}
    high = {"WordFilter": {"MinBoundingBoxHeight": 0.9}}
    assert run(start, get, clip, Filters=high)[1]["TextDetections"] == []
    with pytest.raises(ClientError) as error:
        start(Video=clip, Filters={"RegionsOfInterest": [{}]})
    assert code(error) == "InvalidParameterException"


def test_a_job_is_found_by_its_own_get_only(client: Any, labels: str) -> None:
    with pytest.raises(ClientError) as error:
        client.get_text_detection(JobId=labels)
    assert code(error) == "ResourceNotFoundException"


def test_the_same_token_starts_one_job(client: Any, clip: dict[str, Any]) -> None:
    token = uuid.uuid4().hex
    started = {
        client.start_text_detection(Video=clip, ClientRequestToken=token)["JobId"] for _ in range(2)
    }
    assert len(started) == 1
    ended(client.get_text_detection, started.pop())
