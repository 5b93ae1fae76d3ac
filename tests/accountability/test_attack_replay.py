"""Attacks: send a request again that somebody else signed; use a token after its time."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from beholden.domain.errors import ExpiredToken, InvalidSignature, UnknownKey
from beholden.gate.registry import REGISTRY
from beholden.testing.clock import FakeClock
from beholden.wire.app import Limits, Rekognition
from beholden.wire.replays import Replays
from beholden.wire.sigv4 import Verifier

from ..signing import signed

ROLE = "arn:aws:iam::000000000000:role/operator"


class Wire:
    """The request path of a server in front of a deployment; `passes` lets time pass."""

    seconds = 0.0

    def __init__(self, home):
        self.home = home
        self.restart()

    def restart(self):
        deployment = self.home.deployment
        replays = Replays(self.home.clock, monotonic=lambda: self.seconds)
        verifier = Verifier(deployment.keys.find, self.home.clock, replays)
        self._endpoint = Rekognition(
            deployment.gate, verifier, Limits(), REGISTRY, check_responses=True
        )

    def passes(self, seconds):
        self.home.clock.advance(timedelta(seconds=seconds))
        self.seconds += seconds

    def send(self, request):
        return json.loads(self._endpoint.answer(request))


@pytest.fixture
def home(house):
    """At the time at which requests are signed, or before."""
    return house("personal", FakeClock(datetime.now(UTC) - timedelta(seconds=900)))


@pytest.fixture
def wire(home):
    home.clock.advance(timedelta(seconds=900))
    return Wire(home)


@pytest.fixture
def key(home):
    made, secret = home.deployment.keys.create("ann", "operator", "door")
    return made.key_id, secret


def session(home, **tags):
    """Credentials for the next 15 minutes."""
    tagged = [{"Key": key, "Value": value} for key, value in tags.items()]
    opened = home.as_("operator")(
        "sts:AssumeRole",
        RoleArn=ROLE,
        RoleSessionName="shift",
        DurationSeconds=900,
        Tags=tagged,
    )["Credentials"]
    return opened["AccessKeyId"], opened["SecretAccessKey"], opened["SessionToken"]


def test_a_request_that_was_overheard_is_answered_to_nobody_else(wire, key, portrait_jpeg):
    image = {"Bytes": b64encode(portrait_jpeg).decode()}
    wire.send(signed({"CollectionId": "staff"}, "CreateCollection", *key))
    search = signed({"CollectionId": "staff", "Image": image}, "SearchFacesByImage", *key)
    assert wire.send(search)["FaceMatches"] == []
    seen = len(wire.home.told("SearchFacesByImage"))
    for wait in (6, 60, 600):
        wire.passes(wait)
        with pytest.raises(InvalidSignature, match="received before"):
            wire.send(search)
    assert len(wire.home.told("SearchFacesByImage")) == seen


def test_nor_by_a_server_that_was_started_since(wire, key):
    listing = signed({}, "ListCollections", *key)
    wire.send(listing)
    wire.passes(8)
    wire.restart()
    with pytest.raises(InvalidSignature, match="before this server remembers"):
        wire.send(listing)


def test_nor_after_the_clock_was_set_back(wire, key):
    listing = signed({}, "ListCollections", *key)
    wire.send(listing)
    wire.passes(3600)
    wire.home.clock.advance(-timedelta(hours=1))
    with pytest.raises(InvalidSignature):
        wire.send(listing)


def test_an_expired_token_opens_nothing(home, wire, key):
    home.clock.advance(-timedelta(seconds=900))
    key_id, secret, token = session(home)
    home.clock.advance(timedelta(seconds=899))
    wire.send(signed({}, "ListCollections", key_id, secret, token=token))
    home.clock.advance(timedelta(seconds=1))
    with pytest.raises(ExpiredToken, match="security token included in the request is expired"):
        wire.send(signed({"MaxResults": 2}, "ListCollections", key_id, secret, token=token))


def test_that_it_has_expired_is_told_to_its_holder_only(home, wire):
    home.clock.advance(-timedelta(seconds=900))
    key_id, secret, token = session(home)
    home.clock.advance(timedelta(seconds=900))
    with pytest.raises(InvalidSignature):
        wire.send(signed({}, "ListCollections", key_id, "0" * 40, token=token))
    for wrong in (token + "x", None):
        with pytest.raises(UnknownKey):
            wire.send(signed({}, "ListCollections", key_id, secret, token=wrong))


def test_a_case_and_a_purpose_ride_on_the_session_and_on_every_record(home, wire):
    key_id, secret, token = session(home, case="2026-0117")
    wire.send(signed({}, "ListCollections", key_id, secret, token=token))
    record = home.last("ListCollections")
    assert (record["key"], record["case"], record["purpose"]) == (key_id, "2026-0117", "door")


def test_a_session_outlives_a_restart_and_the_disk_does_not_tell_its_secrets(home, wire):
    key_id, secret, token = session(home)
    home.restart()
    wire.restart()
    wire.send(signed({}, "ListCollections", key_id, secret, token=token))
    kept = b"".join(path.read_bytes() for path in home.folder.rglob("*") if path.is_file())
    assert key_id.encode() in kept
    assert secret.encode() not in kept
    assert token.encode() not in kept
