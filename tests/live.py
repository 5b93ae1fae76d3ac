"""A deployment with a camera, its notice, somebody enrolled and a face search processor; a file is
played as if it were live."""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

WITHIN_S = 5.0


def prepared(home, portrait, clip, name="eileen"):
    rules(home)("beholden:PutPurpose", Name="door", Basis="contract", RetentionDays=30)
    arn = home.camera("gate", "door", f"file://{clip}")
    ann(home)("CreateCollection", CollectionId="staff")
    if name:
        ann(home)("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId=name)
    ann(home)(
        "CreateStreamProcessor",
        Name="watch",
        Input={"KinesisVideoStream": {"Arn": arn}},
        Output={"KinesisDataStream": {"Arn": arn.replace("kinesisvideo", "kinesis")}},
        Settings={"FaceSearch": {"CollectionId": "staff"}},
        RoleArn="arn:aws:iam::000000000000:role/any",
    )
    return home


def rules(home):
    return home.as_("admin", "rules", "eve")


def ann(home):
    return home.as_("operator")


def authorized(home, **changes):
    asked = {
        "Basis": "works council, 3 May",
        "Purpose": "door",
        "Collections": ["staff"],
        "Cameras": ["gate"],
        "ExpiresAt": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    number = ann(home)("beholden:RequestAuthorization", **(asked | changes))["AuthorizationId"]
    rules(home)("beholden:ApproveAuthorization", AuthorizationId=number)
    return number


@contextmanager
def running(home):
    """A started processor; yields its records as they come."""
    ann(home)("StartStreamProcessor", Name="watch")
    home.deployment.streams.supervisor.start()
    with home.deployment.streams.feed.watch("watch") as watching:
        yield watching


def records(watching, enough):
    """Records until `enough` says so of one."""
    deadline, found = time.monotonic() + 30, []
    while time.monotonic() < deadline:
        data = watching.next(1.0)
        if data is not None:
            found.append(json.loads(data))
            if enough(found[-1]):
                return found
    raise AssertionError(f"not within 30 s; {len(found)} records")


def matched(record):
    return any(face["MatchedFaces"] for face in record["FaceSearchResponse"])


def status(home):
    return ann(home)("DescribeStreamProcessor", Name="watch")


def settled(home, wanted, within_s=WITHIN_S):
    deadline = time.monotonic() + within_s
    while status(home)["Status"] != wanted:
        assert time.monotonic() < deadline, status(home)
        threading.Event().wait(0.05)
    return status(home)


def AT_HOME():
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    terms = {"Purpose": "door", "Collections": ["staff"], "Cameras": ["gate"]}
    return {"Basis": "our door", "ExpiresAt": until, **terms}
