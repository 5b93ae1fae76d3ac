"""Live video through boto3 and a Kinesis reader: a file played as if it were live, and, where
GStreamer's RTSP server is installed, a real RTSP camera. Kinesis is moto's server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.rtsp import rtsp_camera
from tests.videos import crossing, write

from .conftest import Portrait, Service, start, stop
from .test_video import pause

pytest.importorskip("moto", reason="moto plays Kinesis")
WITHIN_S = 60
METRICS_TOKEN = "for prometheus only"
AWS = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}


@pytest.fixture(scope="session")
def kinesis() -> Iterator[Any]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client("kinesis", endpoint_url=f"http://{host}:{port}", **AWS)
    server.stop()


class Reader:
    """A Data Stream, and its records from the first on."""

    def __init__(self, kinesis: Any, name: str) -> None:
        self._kinesis = kinesis
        kinesis.create_stream(StreamName=name, ShardCount=1)
        told = kinesis.describe_stream(StreamName=name)["StreamDescription"]
        self.arn = told["StreamARN"]
        self._at = kinesis.get_shard_iterator(
            StreamName=name,
            ShardId=told["Shards"][0]["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]

    def new(self) -> list[dict[str, Any]]:
        answer = self._kinesis.get_records(ShardIterator=self._at)
        self._at = answer["NextShardIterator"]
        return [json.loads(record["Data"]) for record in answer["Records"]]

    def until(self, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        deadline, found = time.monotonic() + WITHIN_S, []
        while not enough(found):
            assert time.monotonic() < deadline, f"{len(found)} records"
            pause(0.1)
            found += self.new()
        return found


def people(records: list[dict[str, Any]]) -> list[str]:
    """Who was found, in the order of their first match."""
    names = [
        match["Face"]["ExternalImageId"]
        for record in records
        for face in record["FaceSearchResponse"]
        for match in face["MatchedFaces"]
    ]
    return list(dict.fromkeys(names))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, kinesis: Any) -> Iterator[Service]:
    running = serve(tmp_path_factory.mktemp("live"), kinesis)
    yield running
    assert stop(running) == 0


def serve(folder: Path, kinesis: Any, port: int | None = None) -> Service:
    return start(
        folder,
        port,
        BEHOLDEN_KINESIS_ENDPOINT=kinesis.meta.endpoint_url,
        BEHOLDEN_JOB_LEASE_S="2",
        BEHOLDEN_METRICS_TOKEN=METRICS_TOKEN,
        AWS_ACCESS_KEY_ID="a",
        AWS_SECRET_ACCESS_KEY="b",
    )


def verb(service: Service, name: str, **members: Any) -> dict[str, Any]:
    status, answer = service.verb(name, **members)
    assert status == 200, answer
    return answer


def prepared(service: Service, name: str, source: str, reader: Reader) -> None:
    """A camera with its notice and a processor, all called `name`, over a collection `name`."""
    (purpose,) = (one["Name"] for one in verb(service, "ListPurposes")["Purposes"])
    arn = verb(service, "PutCamera", Name=name, Source=source)["StreamArn"]
    notice = {"Place": "the front door", "Purposes": [purpose], "Operator": "the family"}
    verb(service, "PutNotice", Name=name, **notice)
    service.client().create_stream_processor(
        Name=name,
        Input={"KinesisVideoStream": {"Arn": arn}},
        Output={"KinesisDataStream": {"Arn": reader.arn}},
        Settings={"FaceSearch": {"CollectionId": name, "FaceMatchThreshold": 90}},
        RoleArn="arn:aws:iam::000000000000:role/any",
    )


def authorize(service: Service, name: str) -> str:
    (purpose,) = (one["Name"] for one in verb(service, "ListPurposes")["Purposes"])
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    scope = {"Purpose": purpose, "Collections": [name], "Cameras": [name]}
    asked = verb(service, "RequestAuthorization", Basis="ours", ExpiresAt=until, **scope)
    return str(asked["AuthorizationId"])


def becomes(client: Any, name: str, status: str, within_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    while True:
        told: dict[str, Any] = client.describe_stream_processor(Name=name)
        if told["Status"] == status:
            return told
        assert time.monotonic() < deadline, told
        pause(0.1)


def enrolled(service: Service, name: str, portrait: Portrait) -> Any:
    client = service.client()
    client.create_collection(CollectionId=name)
    client.index_faces(CollectionId=name, Image={"Bytes": portrait.whole}, ExternalImageId="eileen")
    return client


def metrics(service: Service) -> str:
    asked = urllib.request.Request(f"{service.url}/metrics")
    asked.add_header("Authorization", f"Bearer {METRICS_TOKEN}")
    with urllib.request.urlopen(asked) as answer:
        return str(answer.read().decode())


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return f"file://{write(path, crossing(8, 10, lambda at: True), 10)}"


def opened(service: Service, name: str) -> Any:
    """The live page's pictures, as a browser gets at them by `beholden streams view`."""
    view = [sys.executable, "-m", "beholden", "streams", "view", name, "--no-open"]
    view += ["--url", service.url, "--data-dir", str(service.data_dir)]
    address = subprocess.run(view, capture_output=True, text=True, check=True).stdout.strip()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(address) as page:
        assert "ticket" not in page.url
        assert "the front door" in page.read().decode()
    with pytest.raises(urllib.error.HTTPError) as again:
        urllib.request.urlopen(address)
    assert again.value.code == 403
    return browser.open(f"{service.url}/streams/{name}/live/pictures")


def test_refused_then_authorised_found_watched_and_revoked(
    live: Service, kinesis: Any, portrait: Portrait, clip: str
) -> None:
    client, reader = enrolled(live, "door", portrait), Reader(kinesis, "door")
    prepared(live, "door", clip, reader)
    with pytest.raises(ClientError) as refused:
        client.start_stream_processor(Name="door")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "beholden authorizations request" in refused.value.response["Error"]["Message"]
    watch = [sys.executable, "-m", "beholden", "streams", "watch", "door", "--url", live.url]
    watch += ["--data-dir", str(live.data_dir)]
    number = authorize(live, "door")
    assert client.start_stream_processor(Name="door")["SessionId"]
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert people(reader.until(lambda found: bool(people(found)))) == ["eileen"]
        listed = client.list_stream_processors()["StreamProcessors"]
        assert listed == [{"Name": "door", "Status": "RUNNING"}]
        assert "door looks at door (the front door)" in watching.stdout.readline()
        while "eileen" not in (line := watching.stdout.readline()):
            assert line
            assert "Ended" not in line
        pictures = opened(live, "door")
        assert 'beholden_stream_has_picture{processor="door"} 1.0' in metrics(live)
        verb(live, "RevokeAuthorization", AuthorizationId=number)
        told = becomes(client, "door", "STOPPED", 5)
        assert "live-basis" in told["StatusMessage"]
        rest = watching.stdout.read()
    assert "Ended: " in rest
    assert "live-basis" in rest
    reader.new()
    pause(1)
    assert reader.new() == []
    refused_watch = subprocess.run(watch, capture_output=True, text=True, check=False)
    assert pictures.read().endswith(b"--picture\r\n")  # it does not go on
    assert refused_watch.returncode == 1
    assert "live-basis" in refused_watch.stderr
    client.delete_stream_processor(Name="door")


def workers(service: Service) -> list[Path]:
    """Processes that the server started, in /proc."""
    children = Path(f"/proc/{service.process.pid}/task").glob("*/children")
    found = [Path("/proc") / pid for file in children for pid in file.read_text().split()]
    return [one for one in found if b"spawn_main" in (one / "cmdline").read_bytes()]


def holds(process: Path, file: str) -> bool:
    """Whether a process has a file open."""
    return any(str(one.resolve()) == file for one in (process / "fd").iterdir())


def test_killed_it_goes_on_where_it_was(
    tmp_path: Path, kinesis: Any, portrait: Portrait, clip: str
) -> None:
    service, reader = serve(tmp_path / "data", kinesis), Reader(kinesis, "killed")
    client = enrolled(service, "killed", portrait)
    prepared(service, "killed", clip, reader)
    authorize(service, "killed")
    client.start_stream_processor(Name="killed")
    reader.until(lambda found: bool(people(found)))
    (worker,) = workers(service)
    camera = clip.removeprefix("file://")
    assert holds(worker, camera)
    assert re.search(r"Max core file size +0 +0 ", (worker / "limits").read_text())
    assert not holds(Path(f"/proc/{service.process.pid}"), camera)
    os.kill(int(worker.name), signal.SIGKILL)
    reader.new()
    reader.until(lambda found: bool(people(found)))
    assert worker not in workers(service)
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()
    reader.new()
    again = serve(tmp_path / "data", kinesis)
    try:
        reader.until(lambda found: bool(people(found)))
        assert becomes(again.client(), "killed", "RUNNING", 1)
        again.client().stop_stream_processor(Name="killed")
        becomes(again.client(), "killed", "STOPPED", 5)
    finally:
        assert stop(again) == 0


@pytest.fixture
def camera(shared_data: Path) -> Iterator[Callable[[], str]]:
    """Switch on an RTSP camera that plays a public clip; each call gives the same address."""
    with rtsp_camera() as on:
        yield lambda: on(shared_data / "videos" / "lfw_face_search.mp4")


def test_an_rtsp_camera_finds_the_enrolled_and_comes_back(
    live: Service, kinesis: Any, camera: Callable[[], str], shared_data: Path
) -> None:
    client, reader = live.client(), Reader(kinesis, "street")
    client.create_collection(CollectionId="street")
    truth = json.loads((shared_data / "videos" / "lfw_face_search.json").read_text())
    for person, image in truth["gallery"].items():
        picture = (shared_data / "lfw" / "images" / image).read_bytes()
        client.index_faces(
            CollectionId="street", Image={"Bytes": picture}, ExternalImageId=person, MaxFaces=1
        )
    prepared(live, "street", camera(), reader)
    authorize(live, "street")
    client.start_stream_processor(Name="street")
    shown = [s["person"] for s in truth["segments"] if s["person"] in truth["gallery"]]
    found = people(reader.until(lambda records: len(people(records)) >= 2))
    assert found == [person for person in dict.fromkeys(shown) if person in found]
    camera()  # away for a moment, and back: it plays from the beginning
    pause(1)
    reader.new()
    assert people(reader.until(lambda found: bool(people(found))))
    client.stop_stream_processor(Name="street")
    becomes(client, "street", "STOPPED", 5)
