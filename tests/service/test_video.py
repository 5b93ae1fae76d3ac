"""Stored video through boto3: start, poll, get; jobs that survive what kills them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.serving import free_port
from tests.videos import crossing, write

from .conftest import Portrait, Service, start, stop

ON_SCREEN = (1.0, 3.0)
WITHIN_S = 180


def ended(get: Any, job_id: str, **options: Any) -> dict[str, Any]:
    """Poll until the job has ended."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        answer: dict[str, Any] = get(JobId=job_id, **options)
        if answer["JobStatus"] != "IN_PROGRESS":
            return answer
        assert time.monotonic() < deadline, "the job did not end"
        pause(0.2)


def pause(seconds: float) -> None:
    """Leave the cores to the server meanwhile."""
    threading.Event().wait(seconds)


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.fixture(scope="session")
def bucket(service: Service) -> Path:
    folder = service.data_dir / "buckets" / "videos"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def clip(bucket: Path) -> dict[str, Any]:
    """Four seconds, with the astronaut on screen from 1 s to 3 s."""
    frames = crossing(4, 25, lambda at: ON_SCREEN[0] <= at < ON_SCREEN[1])
    return video(write(bucket / "clip.mp4", frames))


def video(path: Path) -> dict[str, Any]:
    return {"S3Object": {"Bucket": path.parent.name, "Name": path.name}}


def enrol(client: Any, collection: str, portrait: Portrait) -> str:
    client.index_faces(
        CollectionId=collection, Image={"Bytes": portrait.whole}, ExternalImageId="eileen"
    )
    return collection


def test_face_search_tells_who_is_on_screen_when(
    client: Any, clip: dict[str, Any], collection: str, portrait: Portrait
) -> None:
    enrol(client, collection, portrait)
    started = client.start_face_search(Video=clip, CollectionId=collection, JobTag="news")
    answer = ended(client.get_face_search, started["JobId"])
    assert answer["JobStatus"] == "SUCCEEDED"
    assert (answer["JobId"], answer["JobTag"]) == (started["JobId"], "news")
    assert answer["Video"] == clip
    metadata = answer["VideoMetadata"]
    assert (metadata["Codec"], metadata["Format"]) == ("h264", "QuickTime / MOV")
    assert (metadata["FrameWidth"], metadata["FrameHeight"]) == (480, 360)
    assert (metadata["DurationMillis"], metadata["FrameRate"]) == (4000, 25)
    assert [person["Timestamp"] for person in answer["Persons"]] == list(range(1000, 3000, 200))
    for person in answer["Persons"]:
        assert person["Person"]["Index"] == 0
        (match,) = person["FaceMatches"]
        assert match["Face"]["ExternalImageId"] == "eileen"
        assert match["Similarity"] > 99
    lefts = [person["Person"]["BoundingBox"]["Left"] for person in answer["Persons"]]
    assert lefts == sorted(lefts)


def test_results_come_in_pages(
    client: Any, clip: dict[str, Any], collection: str, portrait: Portrait
) -> None:
    enrol(client, collection, portrait)
    job_id = client.start_face_search(Video=clip, CollectionId=collection)["JobId"]
    whole = ended(client.get_face_search, job_id)["Persons"]
    for order in ("TIMESTAMP", "INDEX"):
        pages, token = [], {}
        while True:
            page = client.get_face_search(JobId=job_id, MaxResults=4, SortBy=order, **token)
            pages.append(page["Persons"])
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert [len(page) for page in pages] == [4, 4, 2]
        assert [person for page in pages for person in page] == whole
    with pytest.raises(ClientError) as error:
        client.get_face_search(JobId=job_id, NextToken="AAAA")
    assert code(error) == "InvalidPaginationTokenException"
    assert len(client.get_face_search(JobId=job_id, MaxResults=5000)["Persons"]) == 10


def test_whoever_is_deleted_is_no_match_any_more(
    client: Any, clip: dict[str, Any], collection: str, portrait: Portrait
) -> None:
    enrol(client, collection, portrait)
    job_id = client.start_face_search(Video=clip, CollectionId=collection)["JobId"]
    (face,) = ended(client.get_face_search, job_id)["Persons"][0]["FaceMatches"]
    client.delete_faces(CollectionId=collection, FaceIds=[face["Face"]["FaceId"]])
    persons = client.get_face_search(JobId=job_id)["Persons"]
    assert len(persons) == 10
    assert all(person["FaceMatches"] == [] for person in persons)


def test_face_detection_tells_attributes_where_they_are_asked_for(
    client: Any, clip: dict[str, Any]
) -> None:
    job_id = client.start_face_detection(Video=clip, FaceAttributes="ALL")["JobId"]
    faces = ended(client.get_face_detection, job_id)["Faces"]
    assert [face["Timestamp"] for face in faces] == list(range(1000, 3000, 200))
    told = faces[4]["Face"]
    assert told["Smile"]["Value"] is True
    assert told["Gender"]["Value"] == "Female"
    assert {"FaceOccluded", "EyeDirection"}.isdisjoint(told)
    assert len(told["Landmarks"]) == 30


def test_the_same_token_starts_one_job(client: Any, clip: dict[str, Any]) -> None:
    token = uuid.uuid4().hex
    first = client.start_face_detection(Video=clip, ClientRequestToken=token)
    assert (
        client.start_face_detection(Video=clip, ClientRequestToken=token)["JobId"]
        == (first["JobId"])
    )
    with pytest.raises(ClientError) as error:
        client.start_face_detection(Video=clip, ClientRequestToken=token, JobTag="other")
    assert code(error) == "IdempotentParameterMismatchException"
    ended(client.get_face_detection, first["JobId"])


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not a video"), (b"RIFF of nothing at all" * 40, "not a video")],
)
def test_what_is_no_video_fails_with_a_message(
    client: Any, bucket: Path, content: bytes, message: str
) -> None:
    path = bucket / f"{uuid.uuid4().hex}.mp4"
    path.write_bytes(content)
    job_id = client.start_face_detection(Video=video(path))["JobId"]
    answer = ended(client.get_face_detection, job_id)
    assert answer["JobStatus"] == "FAILED"
    assert message in answer["StatusMessage"]
    assert answer["Faces"] == []


def test_a_playlist_of_other_files_is_no_video(client: Any, bucket: Path) -> None:
    write(bucket / "other.ts", crossing(1, 5, lambda _at: True), 5)
    path = bucket / "playlist.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{bucket}/other.ts\n#EXT-X-ENDLIST\n")
    job_id = client.start_face_detection(Video=video(path))["JobId"]
    assert ended(client.get_face_detection, job_id)["JobStatus"] == "FAILED"


def test_what_is_wrong_is_said_at_the_start(client: Any, clip: dict[str, Any]) -> None:
    missing = {"S3Object": {"Bucket": "videos", "Name": "missing.mp4"}}
    with pytest.raises(ClientError) as error:
        client.start_face_detection(Video=missing)
    assert code(error) == "InvalidS3ObjectException"
    with pytest.raises(ClientError) as error:
        client.start_face_search(Video=clip, CollectionId="no-such-collection")
    assert code(error) == "ResourceNotFoundException"
    with pytest.raises(ClientError) as error:
        client.get_face_search(JobId="0" * 64)
    assert code(error) == "ResourceNotFoundException"


def test_the_command_line_shows_jobs(service: Service, client: Any, clip: dict[str, Any]) -> None:
    job_id = client.start_face_detection(Video=clip, JobTag="shown")["JobId"]
    ended(client.get_face_detection, job_id)
    command = [sys.executable, "-m", "beholden", "jobs"]
    options = ["--data-dir", str(service.data_dir)]
    listed = subprocess.run([*command, "list", "--json", *options], capture_output=True, check=True)
    newest = json.loads(listed.stdout)[0]
    assert (newest["JobId"], newest["Kind"]) == (job_id, "FaceDetection")
    assert (newest["Status"], newest["PercentDone"]) == ("SUCCEEDED", 100)


def test_a_job_survives_five_kills(tmp_path: Path, portrait: Portrait) -> None:
    """The server twice and its worker three times, at random moments: the results are those of a
    job that nobody disturbed, and stand there once."""
    folder, port = tmp_path / "deployment", free_port()
    running = start(folder, port, BEHOLDEN_JOB_LEASE_S="0.5")
    client = running.client()
    (folder / "buckets" / "videos").mkdir()
    frames = crossing(40, 5, lambda at: int(at) % 8 == 0)
    where = video(write(folder / "buckets" / "videos" / "long.mp4", frames, 5, keys_every=10))
    client.create_collection(CollectionId="staff")
    enrol(client, "staff", portrait)
    undisturbed = client.start_face_search(Video=where, CollectionId="staff")["JobId"]
    expected = ended(client.get_face_search, undisturbed)["Persons"]
    assert len(expected) == 25
    job_id = client.start_face_search(Video=where, CollectionId="staff")["JobId"]
    moments = random.Random(5)
    for victim in ("worker", "server", "worker", "server", "worker"):
        pause(moments.uniform(0.1, 0.8))
        if victim == "worker":
            for pid in _workers(running.process):
                os.kill(pid, signal.SIGKILL)
        else:
            running.process.kill()
            running.process.wait()
            running = start(folder, port, BEHOLDEN_JOB_LEASE_S="0.5")
    answer = ended(running.client().get_face_search, job_id)
    assert answer.get("StatusMessage") is None
    assert answer["Persons"] == expected
    assert stop(running) == 0
    assert not list((folder / "jobs").iterdir())


def _workers(server: subprocess.Popen[bytes]) -> list[int]:
    """Processes that the server started to run tasks."""
    children = Path(f"/proc/{server.pid}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [p for p in pids if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]
