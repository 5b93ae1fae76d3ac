"""Rule 5, live: a face search processor starts only where it is authorised and announced."""

from datetime import UTC, datetime, timedelta

import pytest

from beholden.domain.errors import (
    AccessDenied,
    InvalidParameter,
    QuotaExceeded,
    ResourceInUse,
    ResourceNotFound,
    TooManyProcessors,
)
from beholden.wire.protocol import check_response

ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture
def home(house, portrait):
    """Profile `organisation`: somebody is enrolled, and a camera has its notice."""
    home = house("organisation")
    rules(home)("beholden:PutPurpose", Name="door", Basis="contract", RetentionDays=30)
    ann(home)("CreateCollection", CollectionId="staff")
    ann(home)("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId="eileen")
    home.camera("gate", "door")
    return home


def rules(home):
    return home.as_("admin", "rules", "eve")


def ann(home):
    return home.as_("operator")


def arn_of(home, camera):
    found = ann(home)("beholden:ListCameras")["Cameras"]
    return next(one["StreamArn"] for one in found if one["Name"] == camera)


def settings(home, name="watch", camera="gate", **changes):
    asked = {
        "Name": name,
        "Input": {"KinesisVideoStream": {"Arn": arn_of(home, camera)}},
        "Output": {
            "KinesisDataStream": {"Arn": f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"}
        },
        "Settings": {"FaceSearch": {"CollectionId": "staff", "FaceMatchThreshold": 90.0}},
        "RoleArn": ROLE,
    }
    return asked | changes


def authorized(home, camera="gate", **changes):
    asked = {
        "Basis": "works council, 3 May",
        "Purpose": "door",
        "Collections": ["staff"],
        "Cameras": [camera],
        "ExpiresAt": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    number = ann(home)("beholden:RequestAuthorization", **(asked | changes))["AuthorizationId"]
    rules(home)("beholden:ApproveAuthorization", AuthorizationId=number)
    return number


def test_seven_operations_from_creation_to_deletion(home):
    created = ann(home)("CreateStreamProcessor", **settings(home, Tags={"floor": "1"}))
    check_response("CreateStreamProcessor", created)
    assert created["StreamProcessorArn"].endswith(":streamprocessor/watch")
    authorized(home)
    started = ann(home)("StartStreamProcessor", Name="watch")
    check_response("StartStreamProcessor", started)
    told = ann(home)("DescribeStreamProcessor", Name="watch")
    check_response("DescribeStreamProcessor", told)
    assert told["Status"] == "STARTING"
    assert told["Settings"] == settings(home)["Settings"]
    listed = ann(home)("ListStreamProcessors")
    check_response("ListStreamProcessors", listed)
    assert listed == {"StreamProcessors": [{"Name": "watch", "Status": "STARTING"}]}
    for verb in ("StartStreamProcessor", "DeleteStreamProcessor"):
        with pytest.raises(ResourceInUse, match="STARTING"):
            ann(home)(verb, Name="watch")
    assert ann(home)("StopStreamProcessor", Name="watch") == {}
    with pytest.raises(InvalidParameter, match="only label processors"):
        ann(home)("UpdateStreamProcessor", Name="watch")
    facts = home.last("StartStreamProcessor")["facts"]
    assert facts["error"] == "ResourceInUseException"


def test_tags_of_a_processor(home):
    created = ann(home)("CreateStreamProcessor", **settings(home, Tags={"floor": "1"}))
    of = {"ResourceArn": created["StreamProcessorArn"]}
    ann(home)("TagResource", **of, Tags={"wing": "east", "floor": "2"})
    assert ann(home)("ListTagsForResource", **of) == {"Tags": {"floor": "2", "wing": "east"}}
    ann(home)("UntagResource", **of, TagKeys=["floor"])
    assert ann(home)("ListTagsForResource", **of) == {"Tags": {"wing": "east"}}
    with pytest.raises(QuotaExceeded):
        ann(home)("TagResource", **of, Tags={f"tag-{no}": "" for no in range(200)})
    another = {"ResourceArn": of["ResourceArn"].replace("us-east-1", "eu-west-1")}
    with pytest.raises(ResourceNotFound):
        ann(home)("ListTagsForResource", **another)


BOTH = {
    "KinesisDataStream": {"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/found"},
    "S3Destination": {"Bucket": "found"},
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Settings": {}}, "either FaceSearch or ConnectedHome"),
        (
            {"Settings": {"ConnectedHome": {"Labels": ["PERSON"]}}, "Output": {}},
            "needs an S3Destination",
        ),
        ({"Settings": {"ConnectedHome": {"Labels": ["PACKAGE"]}}}, "not PACKAGE"),
        ({"Settings": {"FaceSearch": {}}}, "needs a CollectionId"),
        ({"Settings": {"FaceSearch": {"CollectionId": "nobody"}}}, "nobody"),
        ({"Output": {"S3Destination": {"Bucket": "found"}}}, "needs a KinesisDataStream"),
        ({"Input": {}}, "KinesisVideoStream's Arn"),
        ({"KmsKeyId": "key"}, "KmsKeyId is for label processors"),
        ({"Output": BOTH}, "S3Destination is for label processors"),
        ({"DataSharingPreference": {"OptIn": True}}, "shares nothing"),
    ],
)
def test_what_cannot_be_created(home, changes, said):
    with pytest.raises(InvalidParameter, match=said):
        ann(home)("CreateStreamProcessor", **settings(home, **changes))


def test_a_stream_without_a_source(home):
    arn = arn_of(home, "gate").replace("/gate/", "/cellar/")
    with pytest.raises(InvalidParameter, match="beholden streams add cellar URL"):
        ann(home)(
            "CreateStreamProcessor",
            **settings(home, Input={"KinesisVideoStream": {"Arn": arn}}),
        )


def test_ten_and_no_more_each_with_a_camera_of_its_own(home):
    for no in range(10):
        home.camera(f"gate-{no}", "door")
        ann(home)("CreateStreamProcessor", **settings(home, f"watch-{no}", f"gate-{no}"))
    with pytest.raises(TooManyProcessors):
        ann(home)("CreateStreamProcessor", **settings(home, "one-more"))
    with pytest.raises(ResourceInUse, match="looks at gate-0"):
        ann(home)("CreateStreamProcessor", **settings(home, "another", "gate-0"))
    page = ann(home)("ListStreamProcessors", MaxResults=6)
    rest = ann(home)("ListStreamProcessors", MaxResults=6, NextToken=page["NextToken"])
    names = [one["Name"] for one in page["StreamProcessors"] + rest["StreamProcessors"]]
    assert names == [f"watch-{no}" for no in range(10)]
    with pytest.raises(ResourceInUse, match="looks at gate-0"):
        rules(home)("beholden:RemoveCamera", Name="gate-0")


def test_no_live_search_without_an_authorization_that_names_the_camera(home):
    ann(home)("CreateStreamProcessor", **settings(home))
    with pytest.raises(AccessDenied, match=r"live-basis: .*beholden authorizations request"):
        ann(home)("StartStreamProcessor", Name="watch")
    authorized(home, "yard")
    with pytest.raises(AccessDenied, match="live-basis"):
        ann(home)("StartStreamProcessor", Name="watch")
    number = authorized(home)
    ann(home)("StartStreamProcessor", Name="watch")
    granted = home.last("StartStreamProcessor")["facts"]["granted"]
    assert (granted["authorization"], granted["camera"]) == (number, "gate")


def test_no_live_search_without_a_notice_that_names_the_purpose(home):
    rules(home)("beholden:PutPurpose", Name="sales", Basis="none", RetentionDays=1)
    rules(home)("beholden:PutCamera", Name="yard", Source="rtsp://127.0.0.1:1/yard")
    ann(home)("CreateStreamProcessor", **settings(home, camera="yard"))
    authorized(home, "yard")
    with pytest.raises(AccessDenied, match=r"camera-notice: .*beholden streams notice"):
        ann(home)("StartStreamProcessor", Name="watch")
    home.camera("yard", "sales")
    with pytest.raises(AccessDenied, match="camera-notice"):
        ann(home)("StartStreamProcessor", Name="watch")
    home.camera("yard", "door")
    ann(home)("StartStreamProcessor", Name="watch")


def test_the_purposes_floor_binds_the_processors_threshold(home):
    ann(home)("CreateStreamProcessor", **settings(home))
    authorized(home)
    rules(home)("beholden:PutPurpose", Name="door", ThresholdFloor=99.0)
    with pytest.raises(AccessDenied, match="threshold-floor"):
        ann(home)("StartStreamProcessor", Name="watch")
    rules(home)("beholden:PutPurpose", Name="door", FloorRaises=True)
    ann(home)("StartStreamProcessor", Name="watch")
    facts = home.last("StartStreamProcessor")["facts"]
    assert facts["asked"]["threshold_pct"] == 90.0
    assert facts["granted"]["threshold_pct"] == 99.0


def test_only_administrators_say_where_cameras_are(home):
    for verb, members in (
        ("PutCamera", {"Name": "yard", "Source": "file:///etc/passwd"}),
        ("PutNotice", {"Name": "gate", "Place": "x", "Purposes": ["door"], "Operator": "y"}),
        ("RemoveCamera", {"Name": "gate"}),
    ):
        with pytest.raises(AccessDenied, match="role-admin"):
            ann(home)(f"beholden:{verb}", **members)


@pytest.mark.parametrize("source", ["/etc/passwd", "concat:a|b", "rtsp://", "tcp://host", "a b"])
def test_what_is_no_source(home, source):
    with pytest.raises(InvalidParameter, match="A source is"):
        rules(home)("beholden:PutCamera", Name="yard", Source=source)


def test_a_password_is_shown_to_nobody_and_not_in_the_log(home):
    source = "rtsp://viewer:hunter2@camera/1"
    shown = rules(home)("beholden:PutCamera", Name="yard", Source=source)
    assert shown["Source"] == "rtsp://***@camera/1"
    assert "hunter2" not in str(home.told("beholden:PutCamera"))


def test_what_does_not_exist(home):
    for verb in ("Describe", "Start", "Stop", "Update", "Delete"):
        with pytest.raises(ResourceNotFound):
            ann(home)(f"{verb}StreamProcessor", Name="nobody")
    with pytest.raises(ResourceNotFound):
        rules(home)("beholden:RemoveCamera", Name="nobody")
