"""Rule 5 for those who look: the live page opens only for whoever may search live, and goes dark
with that right. Whoever was not found can be recognised neither there nor in what is recorded."""

import io
import time

import av
import pytest
import urllib3
from starlette.applications import Starlette

from beholden.console.live import DARK, LivePage
from beholden.domain.errors import AccessDenied, InvalidParameter, ResourceInUse
from tests.live import (
    WITHIN_S,
    ann,
    authorized,
    matched,
    prepared,
    records,
    rules,
    running,
    settled,
)
from tests.serving import serving
from tests.videos import crossing, write


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return write(path, crossing(8, 10, lambda at: True), 10)


@pytest.fixture
def known(house, portrait, clip):
    return prepared(house("organisation"), portrait, clip)


@pytest.fixture
def stranger(house, portrait, clip):
    """Nobody is enrolled."""
    return prepared(house("organisation"), portrait, clip, name=None)


def viewed(home):
    """A ticket to the live page."""
    path = ann(home)("beholden:ViewStream", Name="watch")["Path"]
    assert path.startswith("/streams/watch/live?ticket=")
    return path


def pictures(home, number):
    """What the page shows."""
    found = []
    with home.deployment.streams.pictures.watch("watch") as watching:
        deadline = time.monotonic() + 30
        while len(found) < number:
            assert time.monotonic() < deadline
            if (shown := watching.next(1.0)) is not None:
                found.append(shown.jpeg)
    return found


def recognised(home, portrait, jpeg):
    """Whether the person of the portrait is the least like anybody in a picture."""
    pictures = {"SourceImage": portrait, "TargetImage": {"Bytes": jpeg}}
    if not ann(home)("DetectFaces", Image=pictures["TargetImage"])["FaceDetails"]:
        return False
    return ann(home)("CompareFaces", SimilarityThreshold=20.0, **pictures)["FaceMatches"]


def test_the_page_goes_dark_within_five_seconds_of_the_end(known):
    number = authorized(known)
    streams = known.deployment.streams
    page = LivePage(streams.tickets, streams.pictures, streams.still, streams.dropped)
    with running(known), serving(Starlette(routes=page.routes())) as url:
        path = viewed(known)
        entered = urllib3.request("GET", url + path, redirect=False)
        cookie = {"Cookie": entered.headers["Set-Cookie"].split(";")[0]}
        shown = urllib3.request(
            "GET", f"{url}/streams/watch/live/pictures", headers=cookie, preload_content=False
        )
        stream = shown.stream(None)
        while b"image/jpeg" not in next(stream):
            pass
        rules(known)("beholden:RevokeAuthorization", AuthorizationId=number)
        began = time.monotonic()
        rest = b"".join(stream)
        assert time.monotonic() - began < WITHIN_S
        assert DARK in rest
        again = urllib3.request("GET", f"{url}/streams/watch/live", headers=cookie)
        assert again.status == 403
    (intent, outcome) = known.told("beholden:ViewStream")[:2]
    assert (intent["kind"], outcome["kind"]) == ("intent", "outcome")
    assert outcome["facts"]["processor"] == "watch"
    ticket = path.partition("=")[2].encode()
    kept = [one for one in known.folder.rglob("*") if one.is_file()]
    assert not [one for one in kept if ticket in one.read_bytes()]


def test_it_opens_only_for_whoever_may_search_for_the_same_purpose(known):
    with pytest.raises(AccessDenied, match="live-basis"):
        viewed(known)
    authorized(known)
    with pytest.raises(InvalidParameter, match="does not run"):
        viewed(known)
    rules(known)("beholden:PutPurpose", Name="sales", Basis="contract", RetentionDays=30)
    with running(known):
        for purpose, why in (("sales", "gallery-purpose"), ("none", "purpose-declared")):
            other = known.as_("operator", purpose, "bob")
            with pytest.raises(AccessDenied, match=why):
                other("beholden:ViewStream", Name="watch")
        with pytest.raises(AccessDenied, match="role"):
            known.as_("auditor", "door", "sue")("beholden:ViewStream", Name="watch")
        with pytest.raises(ResourceInUse):
            ann(known)("beholden:RecordStream", Name="watch", Bucket="kept")


def test_whoever_was_found_is_seen_and_what_was_not_finished_is_dropped_with_the_right(
    known, portrait
):
    (known.folder / "buckets" / "kept").mkdir(parents=True)
    ann(known)("beholden:RecordStream", Name="watch", Bucket="kept")
    number = authorized(known)
    with running(known):
        assert any(recognised(known, portrait, jpeg) for jpeg in pictures(known, 3))
        rules(known)("beholden:RevokeAuthorization", AuthorizationId=number)
        settled(known, "STOPPED")
    assert list((known.folder / "buckets" / "kept").rglob("*")) == []


def test_a_stranger_is_seen_by_nobody_live_or_recorded(stranger, portrait):
    bucket = stranger.folder / "buckets" / "kept"
    bucket.mkdir(parents=True)
    ann(stranger)("beholden:RecordStream", Name="watch", Bucket="kept", KeyPrefix="door")
    authorized(stranger)
    with running(stranger) as watching:
        assert not any(recognised(stranger, portrait, jpeg) for jpeg in pictures(stranger, 5))
        records(watching, bool)
        ann(stranger)("StopStreamProcessor", Name="watch")
        settled(stranger, "STOPPED")
    (path,) = bucket.rglob("*.mp4")
    assert path.relative_to(bucket).parts[:2] == ("door", "watch")
    with av.open(str(path)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    assert len(frames) >= 4
    assert not any(recognised(stranger, portrait, as_jpeg(frame)) for frame in frames)
    stopped = stranger.told("StopStreamProcessor")
    (facts,) = (record["facts"] for record in stopped if "recordings" in record["facts"])
    assert (facts["recordings"], facts["recordings_lost"]) == (1, 0)


def test_erasing_a_person_ends_the_recordings_that_show_them(known):
    bucket = known.folder / "buckets" / "kept"
    bucket.mkdir(parents=True)
    ann(known)("beholden:RecordStream", Name="watch", Bucket="kept")
    authorized(known)
    with running(known) as watching:
        records(watching, matched)
        pictures(known, 2)
        ann(known)("StopStreamProcessor", Name="watch")
        settled(known, "STOPPED")
    (path,) = bucket.rglob("*.mp4")
    eileen = {"ExternalImageIds": ["eileen"]}
    assert rules(known)("beholden:ErasePerson", **eileen)["Stores"]["recordings"] == 1
    assert path.exists()
    rules(known)("beholden:ErasePerson", **eileen, DryRun=False)
    assert not path.exists()


def as_jpeg(picture):
    data = io.BytesIO()
    picture.save(data, "JPEG")
    return data.getvalue()
