"""People followed through boto3, in a video that is drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.videos import empty, portrait_at, write

from .conftest import Service
from .test_video import ended, video

FPS = 8


def comes_back() -> Iterator[Any]:
    """On screen for a second and a half, away for four, and back elsewhere."""
    for no in range(12):
        yield portrait_at(20 + 2 * no, size=300)
    yield from [empty()] * 32
    for no in range(12):
        yield portrait_at(170 - 2 * no, size=300)


@pytest.fixture(scope="session")
def clip(service: Service) -> dict[str, Any]:
    folder = service.data_dir / "buckets" / "people"
    folder.mkdir(exist_ok=True)
    return video(write(folder / "back.mp4", comes_back(), FPS))


@pytest.fixture(scope="session")
def job_id(service: Service, clip: dict[str, Any]) -> str:
    client = service.client()
    started: str = client.start_person_tracking(Video=clip)["JobId"]
    assert ended(client.get_person_tracking, started)["JobStatus"] == "SUCCEEDED"
    return started


def test_whoever_comes_back_has_their_index_again(client: Any, job_id: str) -> None:
    persons = client.get_person_tracking(JobId=job_id)["Persons"]
    assert {one["Person"]["Index"] for one in persons} == {0}
    times = [one["Timestamp"] for one in persons]
    assert times == sorted(times)
    assert set(times) == {*range(0, 1500, 250), *range(5500, 7000, 250)}
    for one in persons:
        box, face = one["Person"]["BoundingBox"], one["Person"]["Face"]
        middle = face["BoundingBox"]["Left"] + face["BoundingBox"]["Width"] / 2
        assert box["Left"] < middle < box["Left"] + box["Width"]
        assert set(face) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


@pytest.mark.parametrize("order", ["TIMESTAMP", "INDEX"])
def test_paths_come_in_pages(client: Any, job_id: str, order: str) -> None:
    whole = client.get_person_tracking(JobId=job_id, SortBy=order)["Persons"]
    first = client.get_person_tracking(JobId=job_id, SortBy=order, MaxResults=7)
    token = first["NextToken"]
    rest = client.get_person_tracking(JobId=job_id, SortBy=order, NextToken=token)
    assert first["Persons"] + rest["Persons"] == whole
    assert len(first["Persons"]) == 7
