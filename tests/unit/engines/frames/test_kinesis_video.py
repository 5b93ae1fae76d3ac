"""Kinesis Video Streams through GetMedia, from a server on this machine that speaks it."""

import io
import threading

import numpy as np
import pytest

from beholden.domain.errors import InvalidParameter
from beholden.engines.clock import SystemClock
from beholden.engines.frames.live import PyAvLive
from beholden.engines.frames.matroska import CLUSTER, SEGMENT, elements_in
from tests.kinesis_video import FPS, KinesisVideo, element, fragment, served, tags

pytestmark = pytest.mark.slow

BEGAN = 1_700_000_000.25
# AWS's numbers have 47 digits.
FIRST = 91343852333181432392682062622220590765191907586
BLOCK = 0xA3


def greys(count, shape=(64, 96)):
    for no in range(count):
        yield np.full((*shape, 3), 20 + no, np.uint8)


@pytest.fixture
def opened(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    made = []

    def open_(url, stream="porch"):
        monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS_VIDEO", url)
        made.append(PyAvLive(SystemClock()).open(f"kinesisvideo:{stream}", 1e6))
        return made[-1]

    yield open_
    for source in made:
        source.close()


def a_frame(source):
    frame = source.next(10.0)
    assert frame is not None, source.trouble
    return frame


def in_turn(data, wanted):
    """A fragment, each picture once it is wanted."""
    for kind, head, body in elements_in(io.BytesIO(data), {SEGMENT, CLUSTER}):
        if kind == BLOCK:
            assert wanted.acquire(timeout=10)
        yield head + body


def test_each_picture_as_it_is_sent_with_the_fragments_number_and_times(opened):
    wanted = threading.Semaphore(0)

    def media(asked):
        for no in range(3):
            yield from in_turn(fragment(greys(4), FIRST + no, BEGAN + no), wanted)

    kinesis = KinesisVideo(media)
    with served(kinesis) as url:
        source = opened(url)
        for no in range(12):
            wanted.release()
            seen = a_frame(source)
            assert seen.fragment.number == FIRST + no // 4
            taken = BEGAN + no // 4
            assert seen.fragment.produced_at.timestamp() == pytest.approx(taken, abs=1e-3)
            assert seen.fragment.served_at.timestamp() == pytest.approx(taken + 0.5, abs=1e-3)
            assert seen.offset_s == pytest.approx(no % 4 / FPS)
            assert seen.image().pixels.shape == (64, 96, 3)
    assert kinesis.asked[0] == {"StartSelectorType": "NOW"}


def test_it_goes_on_where_it_ended_and_after_a_second_failure_with_what_is_now(opened):
    answers = iter([fragment(greys(1), FIRST, BEGAN), b"", fragment(greys(1), FIRST + 9, BEGAN)])
    kinesis = KinesisVideo(lambda asked: iter([next(answers)]))
    with served(kinesis) as url:
        source = opened(url)
        assert [a_frame(source).fragment.number for _ in range(2)] == [FIRST, FIRST + 9]
    assert kinesis.asked[:3] == [
        {"StartSelectorType": "NOW"},
        {"StartSelectorType": "CONTINUATION_TOKEN", "ContinuationToken": str(FIRST)},
        {"StartSelectorType": "NOW"},
    ]
    assert source.connections == 2


def test_resolution_and_codec_change_midway(opened):
    wanted = threading.Semaphore(0)

    def media(asked):
        yield from in_turn(fragment(greys(1), FIRST, BEGAN), wanted)
        yield from in_turn(fragment(greys(1, (120, 160)), 2, BEGAN, "mpeg4"), wanted)
        yield from in_turn(fragment(greys(1), FIRST + 2, BEGAN), wanted)

    with served(KinesisVideo(media)) as url:
        source, shapes = opened(url), []
        for _ in range(3):
            wanted.release()
            shapes.append(a_frame(source).image().pixels.shape)
    assert shapes == [(64, 96, 3), (120, 160, 3), (64, 96, 3)]
    assert source.connections == 1


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (bytes(100), "ValueError"),
        (b"\x1a\x45\xdf\xa3\x84abcd", "Invalid data found when processing input"),
        (fragment(greys(1), FIRST, BEGAN) + tags(ERROR_CODE="4500"), "Kinesis: 4500"),
        (fragment(greys(1), FIRST, 1e300), "ValueError"),
    ],
    ids=["nothing", "a header", "an error of the service", "a time of no calendar"],
)
def test_what_is_wrong_is_said_and_it_is_tried_again(opened, sent, told):
    with served(KinesisVideo(lambda asked: iter([sent]))) as url:
        source = opened(url)
        until(lambda: source.trouble not in {"not connected yet", None})
        assert source.trouble == told


def test_closed_while_nothing_but_padding_comes(opened):
    ended = threading.Event()

    def media(asked):
        try:
            yield fragment(greys(1), FIRST, BEGAN)
            while True:
                yield element(b"\xec", bytes(1000))
                ended.wait(0.001)
        finally:
            ended.set()

    with served(KinesisVideo(media)) as url:
        source = opened(url)
        a_frame(source)
        source.close()
        assert ended.wait(5)


def test_a_connection_that_breaks_off_in_a_picture_is_made_anew(opened):
    whole = fragment(greys(3), FIRST, BEGAN)

    def media(asked):
        yield whole if len(kinesis.asked) > 1 else whole[: len(whole) // 2]
        raise ConnectionResetError

    kinesis = KinesisVideo(media)
    with served(kinesis) as url:
        source = opened(url)
        until(lambda: source.trouble not in {"not connected yet", None})
        assert source.trouble == "Kinesis: ResponseStreamingError"
        assert a_frame(source).fragment.number == FIRST


def test_a_service_that_refuses_or_is_not_there(opened):
    source = opened("http://127.0.0.1:1")
    until(lambda: source.trouble != "not connected yet")
    assert source.trouble == "Kinesis: EndpointConnectionError"
    assert source.connections == 0


def test_what_is_no_stream():
    with pytest.raises(InvalidParameter):
        PyAvLive(SystemClock()).open("kinesisvideo:arn:aws:kinesisvideo", 5.0)


def until(true):
    for _ in range(1000):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError
