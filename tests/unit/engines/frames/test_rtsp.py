"""An RTSP camera that changes what it sends."""

import numpy as np
import pytest

from beholden.engines.clock import SystemClock
from beholden.engines.frames import live
from beholden.engines.frames.live import PyAvLive
from tests.rtsp import rtsp_camera
from tests.videos import write

pytestmark = pytest.mark.slow

SMALL, LARGE = (96, 128), (192, 256)


@pytest.fixture
def camera():
    with rtsp_camera() as on:
        yield on


def greys(shape, frames):
    return (np.full((*shape, 3), no, np.uint8) for no in range(frames))


def until(source, shape):
    """Look until a picture has this shape."""
    for _ in range(500):
        frame = source.next(10.0)
        assert frame is not None, source.trouble
        if frame.image().pixels.shape[:2] == shape:
            return
    raise AssertionError


def test_another_resolution_midway_and_another_codec_after_it_was_off(
    camera, tmp_path, monkeypatch
):
    monkeypatch.setattr(live, "FIRST_WAIT_S", 0.05)
    later_ms = [2000 + 40 * no for no in range(150)]
    small = write(tmp_path / "small.ts", greys(SMALL, 50))
    large = write(tmp_path / "large.ts", greys(LARGE, 150), times_ms=later_ms)
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    source = PyAvLive(SystemClock()).open(camera(both), 25.0)
    until(source, SMALL)
    until(source, LARGE)
    assert source.connections == 1
    camera(write(tmp_path / "small.mp4", greys(SMALL, 150), codec="libx265"), "h265")
    until(source, SMALL)
    assert source.connections == 2
    source.close()
