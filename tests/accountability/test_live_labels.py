"""People before a camera without anybody being recognised: no authorization, no notice, no name."""

import json
import os
import time

import boto3
import pytest
from PIL import Image

from beholden.domain.errors import AccessDenied, InvalidParameter, ResourceInUse
from tests.videos import crossing, write

PERSON = {"ConnectedHome": {"Labels": ["PERSON"], "MinConfidence": 40.0}}
BOX = {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 1.0}
WHOLE = {"BoundingBox": BOX}
CORNER = {"Polygon": [{"X": 0.95, "Y": 0.95}, {"X": 1.0, "Y": 0.95}, {"X": 1.0, "Y": 1.0}]}
DATA_STREAM = {"KinesisDataStream": {"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/count"}}
TOPIC = "arn:aws:sns:us-east-1:000000000000:seen"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return write(path, crossing(8, 10, lambda at: True), 10)


@pytest.fixture
def home(house, clip, monkeypatch):
    """Profile `organisation`, which would let nobody search live here. SNS is away, unless there
    is one."""
    if "BEHOLDEN_SNS_ENDPOINT" not in os.environ:
        monkeypatch.setenv("BEHOLDEN_SNS_ENDPOINT", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    home = house("organisation")
    rules = home.as_("admin", "rules", "eve")
    rules("beholden:PutPurpose", Name="door", Basis="contract", RetentionDays=30)
    home.arn = rules("beholden:PutCamera", Name="gate", Source=f"file://{clip}")["StreamArn"]
    (home.folder / "buckets" / "seen").mkdir(parents=True)
    return home


def ann(home):
    return home.as_("operator")


def create(home, **changes):
    """A member that is None is left out."""
    asked = {
        "Name": "count",
        "Input": {"KinesisVideoStream": {"Arn": home.arn}},
        "Output": {"S3Destination": {"Bucket": "seen", "KeyPrefix": "door"}},
        "Settings": PERSON,
        "NotificationChannel": {"SNSTopicArn": TOPIC},
        "RoleArn": "arn:aws:iam::000000000000:role/any",
    }
    asked |= changes
    ann(home)("CreateStreamProcessor", **{k: v for k, v in asked.items() if v is not None})


def watched(home, seconds):
    """The events of a session of so many seconds."""
    streams, found = home.deployment.streams, []
    with streams.feed.watch("count") as watching:
        session = ann(home)(
            "StartStreamProcessor",
            Name="count",
            StopSelector={"MaxDurationInSeconds": seconds},
        )["SessionId"]
        deadline = time.monotonic() + seconds + 20
        while not found or found[-1]["eventNamespace"]["type"] != "STREAM_PROCESSING_COMPLETE":
            assert time.monotonic() < deadline
            streams.supervisor.tick()
            if (data := watching.next(0.1)) is not None:
                found.append(json.loads(data))
    while ann(home)("DescribeStreamProcessor", Name="count")["Status"] != "STOPPED":
        assert time.monotonic() < deadline
        streams.supervisor.tick()
    return session, found


@pytest.fixture
def topic(monkeypatch):
    """A topic of moto's SNS; `published()` are the messages of a queue behind it so far."""
    moto = pytest.importorskip("moto.server", reason="moto plays SNS and SQS")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("BEHOLDEN_SNS_ENDPOINT", url)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    sns, sqs = (boto3.client(name, endpoint_url=url, **keys) for name in ("sns", "sqs"))
    arn = sns.create_topic(Name="seen")["TopicArn"]
    queue = sqs.create_queue(QueueName="seen")["QueueUrl"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:seen")

    def published():
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ())
        return [json.loads(json.loads(one["Body"])["Message"]) for one in got]

    yield arn, published
    server.stop()


def test_a_person_makes_one_event_with_a_picture_in_which_nobody_is_known(topic, home):
    arn, published = topic
    create(home, RegionsOfInterest=[WHOLE], NotificationChannel={"SNSTopicArn": arn})
    session, (seen, done) = watched(home, 3)
    assert published() == [seen, done]
    assert seen["eventNamespace"] == {"type": "LABEL_DETECTED"}
    assert seen["sessionId"] == session == done["sessionId"]
    (label,) = seen["labels"]
    assert label["name"] == "PERSON"
    assert 40 <= label["confidence"] <= 100
    assert set(label["boundingBox"]) == {"left", "top", "width", "height"}
    path = label["frameImageUri"].removeprefix("s3://seen/")
    assert path.startswith(f"door/count/{session}/")
    with Image.open(home.folder / "buckets" / "seen" / path) as picture:
        assert picture.size == (480, 360)
        picture.save(home.folder / "again.jpg")
    found = ann(home)("DetectFaces", Image={"Bytes": (home.folder / "again.jpg").read_bytes()})
    assert found["FaceDetails"] == []
    told = home.last("StopStreamProcessor")["facts"]
    assert told["in_view"] == {"PERSON": 1}
    started = home.told("beholden:StartLabels")
    assert [record["kind"] for record in started] == ["intent", "outcome", "intent"]
    assert started[1]["facts"]["model_cards"].keys() == {"objects"}
    assert home.told("StartStreamProcessor") == []


def test_a_coordinate_that_is_not_given_is_0(home):
    corner = {"Polygon": [{}, {"X": 0.05}, {"Y": 0.05}]}
    create(home, Output=DATA_STREAM, NotificationChannel=None, RegionsOfInterest=[corner])
    with home.deployment.streams.feed.watch("count") as watching:
        ann(home)("StartStreamProcessor", Name="count")
        record = next_record(home, watching)
    assert record["CountResponse"]["Regions"] == {"PERSON": [0]}


def test_whoever_is_outside_the_regions_is_not_seen(home):
    create(home, RegionsOfInterest=[CORNER])
    _, events = watched(home, 2)
    assert [event["eventNamespace"]["type"] for event in events] == ["STREAM_PROCESSING_COMPLETE"]


def test_what_is_looked_for_can_be_changed_while_it_rests(home):
    create(home, RegionsOfInterest=[CORNER])
    update = {"ConnectedHomeForUpdate": {"Labels": ["ALL"]}}
    deleted = ["RegionsOfInterest", "ConnectedHomeMinConfidence"]
    ann(home)(
        "UpdateStreamProcessor", Name="count", SettingsForUpdate=update, ParametersToDelete=deleted
    )
    told = ann(home)("DescribeStreamProcessor", Name="count")
    assert told["Settings"] == {"ConnectedHome": {"Labels": ["ALL"]}}
    assert "RegionsOfInterest" not in told
    with pytest.raises(InvalidParameter, match="not PACKAGE"):
        ann(home)(
            "UpdateStreamProcessor",
            Name="count",
            SettingsForUpdate={"ConnectedHomeForUpdate": {"Labels": ["PACKAGE"]}},
        )
    ann(home)("StartStreamProcessor", Name="count")
    with pytest.raises(ResourceInUse):
        ann(home)("UpdateStreamProcessor", Name="count", SettingsForUpdate=update)


def next_record(home, watching):
    """What is told to whoever watches a processor."""
    deadline = time.monotonic() + 30
    while (data := watching.next(0.1)) is None:
        assert time.monotonic() < deadline
        home.deployment.streams.supervisor.tick()
    return json.loads(data)


def test_heads_are_counted_without_an_authorization_and_nobody_is_known(home):
    create(home, Output=DATA_STREAM, NotificationChannel=None, RegionsOfInterest=[WHOLE, CORNER])
    streams = home.deployment.streams
    with streams.feed.watch("count") as watching:
        ann(home)("StartStreamProcessor", Name="count")
        watched = ann(home)("beholden:WatchStream", Name="count")
        told = {}
        while not told.get("Entries", {}).get("PERSON"):
            record = next_record(home, watching)
            told = record["CountResponse"]
    assert record.keys() == {
        "InputInformation",
        "StreamProcessorInformation",
        "CountResponse",
    }
    assert told == {
        "InView": {"PERSON": 1},
        "Regions": {"PERSON": [1, 0]},
        "Entries": {"PERSON": 1},
    }
    streams.still(watched)
    assert watched["Camera"] == "gate"
    ann(home)("StopStreamProcessor", Name="count")
    deadline = time.monotonic() + 30
    while ann(home)("DescribeStreamProcessor", Name="count")["Status"] != "STOPPED":
        assert time.monotonic() < deadline
        streams.supervisor.tick()
    (facts,) = (r["facts"] for r in home.told("StopStreamProcessor") if "in_view" in r["facts"])
    assert (facts["in_view"], facts["entries"]) == ({"PERSON": 1}, {"PERSON": 1})
    assert home.told("beholden:StartLabels")[1]["facts"]["model_cards"].keys() == {"objects"}
    assert home.told("StartStreamProcessor") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Output": {}}, "needs an S3Destination"),
        ({"RegionsOfInterest": [{}]}, "a BoundingBox or a Polygon"),
        ({"RegionsOfInterest": [{"Polygon": [{"X": 0, "Y": 0}]}]}, "3 to 10 points"),
        ({"RegionsOfInterest": [{"Polygon": [{"X": 2}, {"Y": 1}, {}]}]}, "lies in the picture"),
        ({"RegionsOfInterest": [{"BoundingBox": {"Left": 0.1}}]}, "has an area"),
        ({"RegionsOfInterest": [{"BoundingBox": {**BOX, "Top": -0.1}}]}, "lies in the picture"),
        ({"KmsKeyId": "key"}, "KmsKeyId"),
        ({"Output": DATA_STREAM}, "to no NotificationChannel"),
        ({"Output": {"KinesisDataStream": {}}, "NotificationChannel": None}, "has an Arn"),
        ({"Settings": PERSON | {"FaceSearch": {"CollectionId": "x"}}}, "either FaceSearch or"),
    ],
)
def test_what_cannot_be_created(home, changes, said):
    with pytest.raises(InvalidParameter, match=said):
        create(home, **changes)


def test_it_is_no_way_round_to_faces(home):
    create(home)
    with pytest.raises(InvalidParameter, match="searches no faces"):
        ann(home)("beholden:ViewStream", Name="count")
    with pytest.raises(InvalidParameter, match="searches no faces"):
        ann(home)("beholden:RecordStream", Name="count", Bucket="seen")
    with pytest.raises(AccessDenied, match="purpose-declared"):
        home.as_("operator", "nothing declared")("StartStreamProcessor", Name="count")
