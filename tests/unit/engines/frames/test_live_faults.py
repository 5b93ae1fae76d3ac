"""What cameras do: playlists, damaged data, other sizes midway, clocks that jump."""

import functools
import http.server
import threading
from datetime import timedelta

import numpy as np
import pytest

from beholden.engines.clock import SystemClock
from beholden.engines.frames import live
from beholden.engines.frames.live import PyAvLive
from beholden.testing.clock import FakeClock
from tests.videos import write

pytestmark = pytest.mark.slow


@pytest.fixture
def opened():
    made = []

    def open_(source, per_second=1000.0, clock=None):
        made.append(PyAvLive(clock or SystemClock()).open(source, per_second))
        return made[-1]

    yield open_
    for source in made:
        source.close()


class Served(http.server.ThreadingHTTPServer):
    """A folder. The first requests are refused, each with the next of `refusals`."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), functools.partial(Files, directory=folder))
        self.refusals = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.server.refusals:
            self.send_error(self.server.refusals.pop(0))
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    with Served(tmp_path) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def a_frame(source):
    frame = source.next(10.0)
    assert frame is not None, source.trouble
    return frame


def greys(count, shape=(64, 96)):
    for no in range(count):
        yield np.full((*shape, 3), 20 + no, np.uint8)


def noise(count, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield rng.integers(0, 255, (64, 96, 3), np.uint8)


def test_a_playlist_is_played_at_its_own_pace(tmp_path, opened, served):
    write(tmp_path / "live.m3u8", greys(60), 10, keys_every=10)
    assert (tmp_path / "live0.ts").exists()
    source = opened(f"{served.url}/live.m3u8")
    times = [a_frame(source).timestamp_ms for _ in range(10)]
    assert 700 <= times[-1] - times[0] <= 10_000
    assert source.connections == 1


def test_a_playlist_leads_to_no_file_of_this_machine(tmp_path, opened, served):
    secret = write(tmp_path / "secret.ts", greys(5))
    (tmp_path / "live.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    )
    source = opened(f"{served.url}/live.m3u8")
    assert source.next(1.5) is None
    assert source.connections == 0


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_server_that_refuses_is_asked_again(tmp_path, opened, served, monkeypatch, status):
    monkeypatch.setattr(live, "FIRST_WAIT_S", 0.01)
    write(tmp_path / "camera.ts", greys(60))
    served.refusals.append(status)
    source = opened(f"{served.url}/camera.ts")
    assert a_frame(source).image().pixels.shape == (64, 96, 3)
    assert not served.refusals


def test_garbage_between_packets_costs_pictures_and_not_the_connection(tmp_path, opened, served):
    whole = write(tmp_path / "whole.ts", noise(120), 30, keys_every=10).read_bytes()
    garbage = np.random.default_rng(1).bytes(20_000)
    half = len(whole) // 2 // 188 * 188
    (tmp_path / "camera.ts").write_bytes(whole[:half] + garbage + whole[half:])
    source = opened(f"{served.url}/camera.ts", 1e6)
    seen = 0
    while source.connections < 2:
        seen += source.next(0.1) is not None
    assert seen + source.dropped >= 60


def test_another_size_midway(tmp_path, opened, served):
    one = write(tmp_path / "one.ts", greys(60)).read_bytes()
    two = write(tmp_path / "two.ts", greys(60, (120, 160))).read_bytes()
    (tmp_path / "camera.ts").write_bytes(one + two)
    source, shapes = opened(f"{served.url}/camera.ts", 1e6), set()
    while len(shapes) < 2:
        shapes.add(a_frame(source).image().pixels.shape)
    assert shapes == {(64, 96, 3), (120, 160, 3)}


def test_the_machines_clock_jumps_and_media_time_does_not(tmp_path, opened):
    clock = FakeClock()
    source = opened(f"file://{write(tmp_path / 'clip.mp4', greys(50))}", clock=clock)
    before = a_frame(source)
    clock.advance(timedelta(hours=-1))
    after = [a_frame(source) for _ in range(4)][-1]
    assert after.received_at < before.received_at
    assert 0 < after.timestamp_ms - before.timestamp_ms < 5000


def test_a_streams_clock_jumps_and_nobody_waits_for_it(tmp_path, opened):
    times_ms = [0, 40, 80, 3_600_000, 3_600_040, 3_600_080]
    path = write(tmp_path / "clip.mp4", greys(6), times_ms=times_ms)
    source = opened(f"file://{path}", 1e6)
    times = [a_frame(source).timestamp_ms for _ in range(5)]
    assert times[-1] - times[0] < 5000
    assert source.connections == 1
