"""Rule 5, live: what runs under an authorization stops within five seconds of its end, and in the
log stands why. Faces that match nobody leave no trace. A file is played as if it were live."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from queue import Queue

import pytest

from beholden.domain.errors import AccessDenied, InvalidParameter
from beholden.engines.notifier.webhook import signature
from tests.kinesis_video import KinesisVideo, fragment, served
from tests.live import (
    AT_HOME,
    WITHIN_S,
    ann,
    authorized,
    matched,
    prepared,
    records,
    rules,
    running,
    settled,
    status,
)
from tests.videos import crossing, write

BEGAN = 1_700_000_000.25
SECRET = "a secret of more than sixteen characters"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Eight seconds with the astronaut on screen."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return write(path, crossing(8, 10, lambda at: True), 10)


@pytest.fixture
def home(house, portrait, clip):
    """Profile `organisation`: a camera with its notice, somebody enrolled, one processor."""
    return prepared(house("organisation"), portrait, clip)


@pytest.fixture
def posted(monkeypatch):
    """What is posted to the webhook for records: (headers, body)."""
    posts = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.put((self.headers, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/records"
        monkeypatch.setenv("BEHOLDEN_STREAM_WEBHOOK", url)
        monkeypatch.setenv("BEHOLDEN_STREAM_WEBHOOK_SECRET", SECRET)
        yield posts
        server.shutdown()
        thread.join()


def test_the_webhook_gets_the_same_records_signed(posted, home):
    authorized(home)
    with running(home) as watching:
        found = records(watching, matched)
        headers, body = posted.get(timeout=10)
    told = json.loads(body)["body"]
    assert told["Processor"] == "watch"
    assert told["Record"] in found
    sent = (headers["webhook-id"], headers["webhook-timestamp"])
    assert headers["webhook-signature"] == f"v1,{signature(SECRET.encode(), *sent, body.decode())}"


def test_a_record_of_a_kinesis_video_stream_has_its_fragment(home, monkeypatch):
    def media(_asked):
        pictures = list(crossing(1, 10, lambda at: True))
        for number in count(7):
            yield fragment(iter(pictures), number, BEGAN)
            threading.Event().wait(0.5)

    with served(KinesisVideo(media)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS_VIDEO", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "x")
        rules(home)("beholden:PutCamera", Name="gate", Source="kinesisvideo:porch")
        authorized(home)
        with running(home) as watching:
            record = records(watching, matched)[-1]
            home.deployment.streams.supervisor.close()
    source = record["InputInformation"]["KinesisVideo"]
    assert int(source["FragmentNumber"]) >= 7
    assert (source["ProducerTimestamp"], source["ServerTimestamp"]) == (BEGAN, BEGAN + 0.5)
    assert 0 <= source["FrameOffsetInSeconds"] < 1


def test_a_record_is_awss_own_and_what_it_tells_is_in_the_log_before(home):
    number = authorized(home)
    with running(home) as watching:
        record = records(watching, matched)[-1]
        logged = [r for r in home.told("StartStreamProcessor") if "candidates" in r["facts"]]
        assert status(home)["Status"] == "RUNNING"
    assert set(record) == {
        "InputInformation",
        "StreamProcessorInformation",
        "FaceSearchResponse",
    }
    source = record["InputInformation"]["KinesisVideo"]
    assert set(source) == {
        "StreamArn",
        "FragmentNumber",
        "ServerTimestamp",
        "ProducerTimestamp",
        "FrameOffsetInSeconds",
    }
    assert source["FragmentNumber"].isdecimal()
    assert record["StreamProcessorInformation"] == {"Status": "RUNNING"}
    (face,) = record["FaceSearchResponse"]
    detected = face["DetectedFace"]
    assert set(detected) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert len(detected["Landmarks"]) == 5
    (match,) = face["MatchedFaces"]
    assert match["Face"]["ExternalImageId"] == "eileen"
    assert match["Similarity"] > 99
    facts = logged[0]["facts"]
    assert facts["candidates"][0]["face"] == match["Face"]["FaceId"]
    assert facts["threshold_pct"] == 80.0
    assert facts["processor"] == "watch"
    assert {"gallery", "probe", "model", "model_cards", "began", "ended", "grant"} <= facts.keys()
    started = home.told("StartStreamProcessor")[1]["facts"]
    assert started["granted"]["authorization"] == number
    assert "eileen" not in str(home.told("StartStreamProcessor"))


@pytest.mark.parametrize("end", ["revoked", "unbound", "key", "notice"])
def test_revoked_in_the_middle_it_stops_within_five_seconds_and_says_so(home, end):
    number = authorized(home)
    ends = {
        "revoked": ("live-basis", "RevokeAuthorization", {"AuthorizationId": number}),
        "unbound": ("gallery-purpose", "UnbindCollection", UNBOUND),
        "key": ("credential-ended", "DisableKey", {"KeyId": home.who("operator").key_id}),
        "notice": ("camera-notice", "PutNotice", ELSEWHERE),
    }
    rule, verb, members = ends[end]
    if end == "notice":
        rules(home)("beholden:PutPurpose", Name="sales", Basis="none", RetentionDays=1)
    with running(home) as watching:
        records(watching, matched)
        rules(home)(f"beholden:{verb}", **members)
        began = time.monotonic()
        deadline = began + WITHIN_S
        while home.deployment.streams.supervisor.sessions():
            assert time.monotonic() < deadline, "it goes on"
            threading.Event().wait(0.05)
        while watching.next(0.0) is not None:
            pass
        assert watching.next(0.7) is None
    auditor = home.as_("auditor", "audit", "sue")
    told = auditor("DescribeStreamProcessor", Name="watch")
    while told["Status"] != "STOPPED":
        assert time.monotonic() < deadline
        told = auditor("DescribeStreamProcessor", Name="watch")
    assert rule in told["StatusMessage"]
    refusals = [r for r in home.told("StartStreamProcessor") if r["facts"].get("grant_ended")]
    assert [rule in r["facts"]["policies"] for r in refusals] == [True]
    last = home.last("StopStreamProcessor")
    assert last["kind"] == "outcome"
    assert last["facts"]["faces_matched"] == 1
    waiting = list((home.folder / "alerts" / "outbox").glob("*.json"))
    delivered = home.folder / "alerts" / "alerts.jsonl"
    alerts = "".join(
        p.read_text() for p in [*waiting, *([delivered] if delivered.exists() else [])]
    )
    assert "The stream processor watch is STOPPED" in alerts


UNBOUND = {"CollectionId": "staff", "Purpose": "door"}
ELSEWHERE = {"Name": "gate", "Place": "x", "Purposes": ["sales"], "Operator": "y"}


def test_it_does_not_go_on_after_a_restart_unless_it_may(home):
    number = authorized(home)
    with running(home) as watching:
        records(watching, matched)
    home.restart()
    assert status(home)["Status"] == "RUNNING"
    with home.deployment.streams.feed.watch("watch") as watching:
        home.deployment.streams.supervisor.start()
        records(watching, matched)
    home.restart()
    rules(home)("beholden:RevokeAuthorization", AuthorizationId=number)
    home.deployment.streams.supervisor.start()
    assert "live-basis" in settled(home, "STOPPED")["StatusMessage"]


def test_who_watches_sees_one_session_for_its_own_purpose(home):
    """What a stream finds for one purpose is not shown to another, allowed to search or not."""
    rules(home)("beholden:PutPurpose", Name="sales", Basis="contract", RetentionDays=30)
    rules(home)("beholden:BindCollection", CollectionId="staff", Purpose="sales")
    rules(home)("beholden:PutNotice", **(ELSEWHERE | {"Purposes": ["door", "sales"]}))
    authorized(home)
    bob = home.as_("operator", "sales", "bob")
    other = bob("beholden:RequestAuthorization", **(AT_HOME() | {"Purpose": "sales"}))
    rules(home)("beholden:ApproveAuthorization", AuthorizationId=other["AuthorizationId"])
    with pytest.raises(InvalidParameter, match="does not run"):
        bob("beholden:WatchStream", Name="watch")
    with running(home) as watching:
        records(watching, matched)
        with pytest.raises(AccessDenied, match="stream-purpose"):
            bob("beholden:WatchStream", Name="watch")
        watched = ann(home)("beholden:WatchStream", Name="watch")
        home.deployment.streams.still(watched)
        ann(home)("StopStreamProcessor", Name="watch")
        settled(home, "STOPPED")
    bob("StartStreamProcessor", Name="watch")
    with pytest.raises(AccessDenied, match="has ended"):
        home.deployment.streams.still(watched)


def test_stopped_and_started_again(home):
    authorized(home)
    with running(home) as watching:
        records(watching, matched)
        ann(home)("StopStreamProcessor", Name="watch")
        assert "StatusMessage" not in settled(home, "STOPPED")
        ann(home)("StartStreamProcessor", Name="watch")
        settled(home, "RUNNING")


def test_of_a_face_that_matches_nobody_nothing_leaves_the_process(house, portrait, clip):
    home = prepared(house("organisation"), portrait, clip, name=None)
    authorized(home)
    with running(home) as watching:
        seen = []
        records(watching, lambda record: len(seen) >= 8 or seen.append(record))
        ann(home)("StopStreamProcessor", Name="watch")
        settled(home, "STOPPED")
    assert all(record["FaceSearchResponse"] == [] for record in seen)
    assert not [r for r in home.told("StartStreamProcessor") if "probe" in r["facts"]]
    facts = home.last("StopStreamProcessor")["facts"]
    assert (facts["faces"], facts["faces_matched"]) == (1, 0)


def test_at_home_a_stranger_is_a_box(house, portrait, clip):
    home = prepared(house("personal"), portrait, clip, name=None)
    ann(home)("beholden:RequestAuthorization", **AT_HOME())
    with running(home) as watching:
        record = records(watching, lambda one: one["FaceSearchResponse"])[-1]
    (face,) = record["FaceSearchResponse"]
    assert face["MatchedFaces"] == []
    assert 0 < face["DetectedFace"]["BoundingBox"]["Width"] < 1


def test_where_two_people_must_judge_the_record_holds_a_lead(home):
    rules(home)("beholden:PutPurpose", Name="door", Review=True)
    authorized(home)
    with running(home) as watching:
        record = records(watching, matched)[-1]
    (match,) = record["FaceSearchResponse"][0]["MatchedFaces"]
    assert match["Similarity"] == 0
    assert match["Face"].keys() == {"FaceId"}
    sue = home.as_("reviewer", "door", "sue")
    assert match["Face"]["FaceId"] in [
        lead["LeadId"] for lead in sue("beholden:ListLeads")["Leads"]
    ]
    opened = sue("beholden:OpenLead", LeadId=match["Face"]["FaceId"])
    assert len(opened["Candidates"]) == 1


def test_an_authorization_for_certain_people_finds_nobody_else(home, portrait):
    ann(home)("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId="bob")
    authorized(home, People=["bob"])
    with running(home) as watching:
        record = records(watching, matched)[-1]
    (match,) = record["FaceSearchResponse"][0]["MatchedFaces"]
    assert match["Face"]["ExternalImageId"] == "bob"


def test_it_ends_with_its_authorization(house, portrait, clip):
    from beholden.testing.clock import FakeClock

    clock = FakeClock(datetime.now(UTC))
    home = prepared(house("organisation", clock), portrait, clip)
    authorized(home, ExpiresAt=(clock.now() + timedelta(hours=2)).isoformat())
    with running(home) as watching:
        records(watching, matched)
        clock.advance(timedelta(hours=1))
        records(watching, matched)
        clock.advance(timedelta(hours=1, seconds=1))
        assert "live-basis" in settled(home, "STOPPED")["StatusMessage"]


def test_an_emergency_that_nobody_approves_ends_within_a_day(house, portrait, clip):
    from beholden.testing.clock import FakeClock

    clock = FakeClock(datetime.now(UTC))
    home = prepared(house("organisation", clock), portrait, clip)
    terms = AT_HOME() | {"ExpiresAt": (clock.now() + timedelta(days=3)).isoformat()}
    ann(home)("beholden:StartEmergency", Reason="a child is missing", **terms)
    with running(home) as watching:
        records(watching, matched)
        clock.advance(timedelta(hours=24, seconds=1))
        assert "live-basis" in settled(home, "STOPPED")["StatusMessage"]
    with pytest.raises(AccessDenied):
        ann(home)("StartStreamProcessor", Name="watch")
