"""What clients of Rekognition do instead of polling: a topic, a queue behind it, and the message
when the job is done. moto's server plays S3, SNS and SQS."""

from __future__ import annotations

import base64
import hmac
import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from tests.serving import free_port
from tests.videos import crossing, empty, write

from .conftest import Service, encode, start, stop
from .test_bulk_images import ended as bulk_ended
from .test_video import code, ended, video

WITHIN_S = 180
# By the names of their operations: the member that holds results, and what the start needs.
PAIRS: dict[str, tuple[str, dict[str, Any]]] = {
    "face_detection": ("Faces", {}),
    "face_search": ("Persons", {"CollectionId": "staff"}),
    "celebrity_recognition": ("Celebrities", {}),
    "label_detection": ("Labels", {}),
    "content_moderation": ("ModerationLabels", {}),
    "person_tracking": ("Persons", {}),
    "segment_detection": ("Segments", {"SegmentTypes": ["SHOT"]}),
    "text_detection": ("TextDetections", {}),
}
NOTHING_FOUND = {"celebrity_recognition", "content_moderation", "text_detection"}
SECRET = "a secret of more than sixteen characters"
ROLE = "arn:aws:iam::000000000000:role/rekognition"
KEYS = {
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
    "region_name": "us-east-1",
}


class Posted(http.server.BaseHTTPRequestHandler):
    """Takes a post on the second try."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(200 if len(self.server.posts) > 1 else 503)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@dataclass
class Receivers:
    """A topic with a queue, a webhook, and the deployment that knows both; its buckets are S3's."""

    service: Service
    topic: str
    queue: str
    sqs: Any
    s3: Any
    posts: list[Any] = field(default_factory=list)

    def message(self) -> Any:
        """The next message of the queue."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            got = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1)
            for message in got.get("Messages", ()):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                return json.loads(message["Body"])
        raise AssertionError("no message came")


@pytest.fixture(scope="module")
def receivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receivers]:
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    aws.start()
    host, port = aws.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    sns, sqs, s3 = (boto3.client(n, endpoint_url=endpoint, **KEYS) for n in ("sns", "sqs", "s3"))
    s3.create_bucket(Bucket="videos")
    topic = sns.create_topic(Name="AmazonRekognitionDone")["TopicArn"]
    queue = sqs.create_queue(QueueName="done")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:done"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Posted)
    web.posts = []  # type: ignore[attr-defined]
    threading.Thread(target=web.serve_forever, daemon=True).start()
    running = start(
        tmp_path_factory.mktemp("notifying"),
        BEHOLDEN_SNS_ENDPOINT=endpoint,
        BEHOLDEN_JOB_WEBHOOK=f"http://127.0.0.1:{web.server_address[1]}/done",
        BEHOLDEN_JOB_WEBHOOK_SECRET=SECRET,
        BEHOLDEN_BLOBS_URL="s3://",
        AWS_ENDPOINT_URL_S3=endpoint,
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_REGION="us-east-1",
    )
    yield Receivers(running, topic, queue, sqs, s3, web.posts)  # type: ignore[attr-defined]
    assert stop(running) == 0
    web.shutdown()
    aws.stop()


@pytest.fixture(scope="module")
def short(receivers: Receivers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A second of the astronaut."""
    path = write(tmp_path_factory.mktemp("short") / "short.mp4", crossing(1, 5, lambda _: True), 5)
    return put(receivers, path.name, path.read_bytes())


def put(receivers: Receivers, name: str, content: bytes) -> dict[str, Any]:
    receivers.s3.put_object(Bucket="videos", Key=name, Body=content)
    return {"S3Object": {"Bucket": "videos", "Name": name}}


def test_the_topic_and_the_webhook_are_told(receivers: Receivers, short: dict[str, Any]) -> None:
    client = receivers.service.client()
    channel = {"SNSTopicArn": receivers.topic, "RoleArn": ROLE}
    before = time.time()
    started = client.start_face_detection(Video=short, JobTag="news", NotificationChannel=channel)
    envelope = receivers.message()
    assert envelope["TopicArn"] == receivers.topic
    told = json.loads(envelope["Message"])
    assert before <= told.pop("Timestamp") / 1000 <= time.time()
    assert told == {
        "JobId": started["JobId"],
        "Status": "SUCCEEDED",
        "API": "StartFaceDetection",
        "JobTag": "news",
        "Video": {"S3ObjectName": "short.mp4", "S3Bucket": "videos"},
    }
    assert client.get_face_detection(JobId=started["JobId"])["JobStatus"] == "SUCCEEDED"
    deadline = time.monotonic() + WITHIN_S
    while len(receivers.posts) < 2:
        assert time.monotonic() < deadline, "the webhook was not tried again"
        threading.Event().wait(0.1)
    (first, second) = receivers.posts[:2]
    assert first[1] == second[1]
    assert json.loads(second[1])["body"]["JobId"] == started["JobId"]
    headers, body = second
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_failure_is_told_too_and_no_topic_holds_up_another(receivers: Receivers) -> None:
    client = receivers.service.client()
    none = put(receivers, "none.mp4", b"no video")
    missing = receivers.topic.replace("Done", "Missing")
    for topic in (missing, receivers.topic):
        channel = {"SNSTopicArn": topic, "RoleArn": ROLE}
        job_id = client.start_label_detection(Video=none, NotificationChannel=channel)["JobId"]
        assert ended(client.get_label_detection, job_id)["JobStatus"] == "FAILED"
    told = json.loads(receivers.message()["Message"])
    assert (told["JobId"], told["Status"], told["API"]) == (job_id, "FAILED", "StartLabelDetection")
    assert "JobTag" not in told


def test_every_pair_over_s3_with_a_topic(receivers: Receivers, short: dict[str, Any]) -> None:
    """All eight of one video: one pass, and each is told of by itself."""
    client = receivers.service.client()
    client.create_collection(CollectionId="staff")
    channel = {"SNSTopicArn": receivers.topic, "RoleArn": ROLE}
    started = {}
    for name, (_, options) in PAIRS.items():
        start_it = getattr(client, f"start_{name}")
        started[name] = start_it(Video=short, NotificationChannel=channel, **options)["JobId"]
    told = [json.loads(receivers.message()["Message"]) for _ in PAIRS]
    assert {one["JobId"] for one in told} == set(started.values())
    assert {one["Status"] for one in told} == {"SUCCEEDED"}
    for name, (member, _) in PAIRS.items():
        answer = getattr(client, f"get_{name}")(JobId=started[name])
        assert (answer["JobStatus"], answer["Video"]) == ("SUCCEEDED", short)
        assert bool(answer[member]) is (name not in NOTHING_FOUND), name


def test_a_manifest_on_s3_is_worked_through(receivers: Receivers) -> None:
    client, s3 = receivers.service.client(), receivers.s3
    s3.put_object(Bucket="videos", Key="one.jpg", Body=encode(empty()))
    line = b'{"source-ref": "s3://videos/one.jpg"}\n'
    job_id = client.start_media_analysis_job(
        OperationsConfig={"DetectModerationLabels": {}},
        Input=put(receivers, "all.jsonl", line),
        OutputConfig={"S3Bucket": "videos", "S3KeyPrefix": "out"},
    )["JobId"]
    job = bulk_ended(client, job_id)
    assert job["Status"] == "SUCCEEDED"
    where = job["Results"]["S3Object"]
    results = s3.get_object(Bucket=where["Bucket"], Key=where["Name"])["Body"].read()
    assert json.loads(results)["source-ref"] == "s3://videos/one.jpg"


def test_without_an_sns_a_channel_is_refused(client: Any, service: Service) -> None:
    folder = service.data_dir / "buckets" / "quiet"
    folder.mkdir(exist_ok=True)
    where = video(write(folder / "short.mp4", iter([empty()] * 4), 4))
    channel = {"SNSTopicArn": "arn:aws:sns:us-east-1:000000000000:t", "RoleArn": ROLE}
    with pytest.raises(ClientError, match="knows no SNS") as error:
        client.start_text_detection(Video=where, NotificationChannel=channel)
    assert code(error) == "InvalidParameterException"
