"""Who is told that a job has ended, and what."""

from datetime import timedelta

import pytest

from beholden.domain.errors import ServerError
from beholden.domain.job import JobStatus, NewJob
from beholden.jobs.notices import Notices
from beholden.testing.clock import FakeClock
from beholden.testing.jobs import FakeJobs
from beholden.testing.notifier import FakeNotifier

TOPIC = "arn:aws:sns:us-east-1:000000000000:AmazonRekognitionDone"
VIDEO = {"S3Object": {"Bucket": "videos", "Name": "a/one.mp4"}}
CHANNEL = {"SNSTopicArn": TOPIC, "RoleArn": "arn:aws:iam::000000000000:role/r"}
GRANT = {"grant": {"query": {"action": "StartLabelDetection"}}}


class Away(FakeNotifier):
    def send(self, message):
        raise ServerError


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def jobs(clock):
    return FakeJobs(clock)


def end(jobs, status=JobStatus.SUCCEEDED, **request):
    jobs.add(NewJob("j", "LabelDetection", "door", request, GRANT), 20, None)
    jobs.finish(jobs.claim(timedelta(seconds=9)), status, None)


def test_the_topic_gets_what_rekognition_publishes(jobs, clock):
    end(jobs, Video=VIDEO, JobTag="news", NotificationChannel=CHANNEL)
    notifier = FakeNotifier()
    Notices(jobs, notifier).send()
    (message,) = notifier.sent
    assert message.to == TOPIC
    assert message.body == {
        "JobId": "j",
        "Status": "SUCCEEDED",
        "API": "StartLabelDetection",
        "JobTag": "news",
        "Timestamp": round(clock.now().timestamp() * 1000),
        "Video": {"S3ObjectName": "a/one.mp4", "S3Bucket": "videos"},
    }


def test_the_webhook_is_told_of_every_job(jobs):
    end(jobs, JobStatus.FAILED, Video=VIDEO)
    notifier = FakeNotifier()
    Notices(jobs, notifier, webhook=True).send()
    (message,) = notifier.sent
    assert (message.to, message.body["Status"]) == ("", "FAILED")
    assert "JobTag" not in message.body


def test_a_job_under_way_is_not_told_and_one_that_was_is_not_told_again(jobs):
    jobs.add(NewJob("under-way", "LabelDetection", "door", {}, GRANT), 20, None)
    notifier = FakeNotifier()
    notices = Notices(jobs, notifier, webhook=True)
    notices.send()
    assert notifier.sent == []
    jobs.cancel("under-way", "cancelled")
    notices.send()
    notices.send()
    assert len(notifier.sent) == 1
    assert jobs.untold() == []


def test_what_could_not_be_kept_is_told_later(jobs):
    end(jobs, Video=VIDEO, NotificationChannel=CHANNEL)
    with pytest.raises(ServerError):
        Notices(jobs, Away()).send()
    notifier = FakeNotifier()
    Notices(jobs, notifier).send()
    assert len(notifier.sent) == 1
