"""A camera that is looked at in a worker: what comes back, and what is believed of it."""

from datetime import timedelta
from functools import partial

import numpy as np
import pytest

from beholden.domain.errors import TaskFailed
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.ports.compute import Tasks
from beholden.streams.lookout import Lookout, lookout
from beholden.testing.clock import FakeClock
from beholden.testing.compute import FakeCompute
from beholden.testing.live import FakeLiveFrame, FakeSources

NOISE = np.random.default_rng(7).integers(0, 256, (6, 4, 3), np.uint8)
ASKED = {"source": "rtsp://camera", "per_second": 5.0, "wanted": "bright"}


def looker(asked):
    return lambda at_ms, image: {asked["wanted"]: int(image.pixels.max()), "at_ms": at_ms}


def possible():
    return lambda pixels: [FaceDetection(Box(1, 2, 3, 4.5), 0.3, np.zeros((5, 2), np.float32))]


@pytest.fixture
def frame():
    now = FakeClock().now()
    return FakeLiveFrame(Image(NOISE, b""), 200, now + timedelta(milliseconds=1), offset_s=0.5)


@pytest.fixture
def sources(frame):
    return FakeSources(frame)


@pytest.fixture
def opened(sources):
    made = Tasks(hold={"look": partial(lookout, sources, looker, possible)})
    return Lookout(FakeCompute(lambda: made), "look", ASKED)


def test_a_look_tells_what_was_found_and_in_which_frame(opened, frame):
    seen = opened.next(0.0)
    assert seen.found == {"bright": int(NOISE.max()), "at_ms": 200}
    assert (seen.timestamp_ms, seen.received_at) == (200, frame.received_at)
    assert (seen.fragment, seen.offset_s) == (frame.fragment, 0.5)
    assert opened.next(0.0) is None


def test_more_about_it_where_somebody_asks(opened):
    seen = opened.next(0.0)
    np.testing.assert_array_equal(seen.picture().pixels, NOISE)
    assert seen.possible_faces() == (Box(1, 2, 3, 4.5),)


def test_how_the_camera_is_doing_as_of_the_last_look(opened, sources):
    (source,) = sources.opened
    source.trouble, source.dropped, source.connections = "Connection refused", 3, 2
    opened.next(0.0)
    assert (opened.trouble, opened.dropped, opened.connections) == ("Connection refused", 3, 2)
    opened.close()
    assert source.closed


class Hostile:
    """A worker process in a stranger's hands. Implements Compute and Held."""

    def __init__(self, told, raw):
        self._answer = told, raw

    def hold(self, task, asked, meanwhile, *, alone):
        return self

    def ask(self, question):
        if "next" in question:
            seen = dict.fromkeys(("received_at", "served_at", "produced_at"), "2026-01-01T00:00Z")
            seen |= {"timestamp_ms": 0, "number": 1, "offset_s": 0, "found": {}}
            return {"dropped": 0, "connections": 1, "trouble": None, "seen": seen}, b""
        return self._answer


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((6, 4, 3), 71),
        ((6, 4, 3), 73),
        ((6, 4, 1), 24),
        ((-6, -4, 3), 72),
        ((0, 4, 3), 0),
        ((2000, 4, 3), 24_000),
    ],
)
def test_pixels_that_are_no_picture_are_not_taken_for_one(shape, size):
    seen = Lookout(Hostile({"shape": shape}, bytes(size)), "look", {}).next(0.0)
    with pytest.raises(TaskFailed):
        seen.picture()
