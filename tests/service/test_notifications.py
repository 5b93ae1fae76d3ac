"""What clients of Rekognition do instead of polling: a topic, a queue behind it, and the message
when the job is done. moto's server plays SNS and SQS."""

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

from tests.videos import empty, write

from .conftest import Service, free_port, start, stop
from .test_video import code, ended, video

WITHIN_S = 180
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
    """A topic with a queue, a webhook, and the deployment that knows both."""

    service: Service
    topic: str
    queue: str
    sqs: Any
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
    sns, sqs = (boto3.client(n, endpoint_url=endpoint, **KEYS) for n in ("sns", "sqs"))
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
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
    )
    (running.data_dir / "buckets" / "videos").mkdir()
    yield Receivers(running, topic, queue, sqs, web.posts)  # type: ignore[attr-defined]
    assert stop(running) == 0
    web.shutdown()
    aws.stop()


def short(receivers: Receivers) -> dict[str, Any]:
    bucket = receivers.service.data_dir / "buckets" / "videos"
    return video(write(bucket / "short.mp4", iter([empty()] * 4), 4))


def test_the_topic_and_the_webhook_are_told(receivers: Receivers) -> None:
    client = receivers.service.client()
    where = short(receivers)
    channel = {"SNSTopicArn": receivers.topic, "RoleArn": ROLE}
    before = time.time()
    started = client.start_face_detection(Video=where, JobTag="news", NotificationChannel=channel)
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
    path = receivers.service.data_dir / "buckets" / "videos" / "none.mp4"
    path.write_bytes(b"no video")
    missing = receivers.topic.replace("Done", "Missing")
    for topic in (missing, receivers.topic):
        channel = {"SNSTopicArn": topic, "RoleArn": ROLE}
        job_id = client.start_label_detection(Video=video(path), NotificationChannel=channel)[
            "JobId"
        ]
        assert ended(client.get_label_detection, job_id)["JobStatus"] == "FAILED"
    told = json.loads(receivers.message()["Message"])
    assert (told["JobId"], told["Status"], told["API"]) == (job_id, "FAILED", "StartLabelDetection")
    assert "JobTag" not in told


def test_without_an_sns_a_channel_is_refused(client: Any, service: Service) -> None:
    folder = service.data_dir / "buckets" / "quiet"
    folder.mkdir(exist_ok=True)
    where = video(write(folder / "short.mp4", iter([empty()] * 4), 4))
    channel = {"SNSTopicArn": "arn:aws:sns:us-east-1:000000000000:t", "RoleArn": ROLE}
    with pytest.raises(ClientError, match="knows no SNS") as error:
        client.start_text_detection(Video=where, NotificationChannel=channel)
    assert code(error) == "InvalidParameterException"
