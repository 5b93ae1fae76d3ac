"""Live reading: in real time, the newest first to be looked at, and back after an interruption.
The only camera here is a file, or an HTTP server that sends Motion JPEG."""

import io
import socket
import threading
import time

import numpy as np
import pytest
from PIL import Image

from beholden.domain.errors import InvalidParameter
from beholden.engines.clock import SystemClock
from beholden.engines.frames.cameras import ffmpeg_camera
from beholden.engines.frames.live import WAITING, PyAvLive
from tests.videos import write

pytestmark = pytest.mark.slow


@pytest.fixture
def opened():
    made = []

    def open_(source, per_second=10.0):
        made.append(PyAvLive(SystemClock()).open(source, per_second))
        return made[-1]

    yield open_
    for source in made:
        source.close()


def frames(source, count):
    found = []
    while len(found) < count:
        frame = source.next(10.0)
        assert frame is not None, source.trouble
        found.append(frame)
    return found


def greys(count):
    for no in range(count):
        yield np.full((64, 96, 3), 20 + no, np.uint8)


def test_a_file_is_played_in_real_time_and_sampled(tmp_path, opened):
    source = opened(f"file://{write(tmp_path / 'clip.mp4', greys(50), 25)}")
    seen = frames(source, 8)
    times = [frame.timestamp_ms for frame in seen]
    assert times == sorted(times)
    assert 500 <= times[-1] - times[0] <= 1500  # eight frames at ten a second
    assert seen[0].image().pixels.shape == (64, 96, 3)
    assert source.trouble is None


def test_fragments_begin_with_key_frames(tmp_path, opened):
    path = write(tmp_path / "clip.mp4", greys(50), 25, keys_every=10)
    seen = frames(opened(f"file://{path}", 25.0), 25)
    numbers = [frame.fragment.number for frame in seen]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) >= 2
    for frame in seen:
        since = frame.received_at.timestamp() - frame.fragment.number / 1e6
        assert frame.offset_s == pytest.approx(since, abs=1e-3)


def test_it_begins_again_when_it_ends(tmp_path, opened):
    source = opened(f"file://{write(tmp_path / 'clip.mp4', greys(5), 25)}")
    while source.connections < 2:
        assert source.next(10.0) is not None
    times = [frame.timestamp_ms for frame in frames(source, 2)]
    assert times[0] > 500  # since it was opened, not since it began again


def test_whoever_is_slow_gets_the_newest_and_a_count(tmp_path, opened):
    source = opened(f"file://{write(tmp_path / 'clip.mp4', greys(100), 50)}", 50.0)
    first = frames(source, 1)[0]
    deadline = time.monotonic() + 10
    while source.dropped < 5:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    waiting = frames(source, WAITING)
    assert waiting[0].timestamp_ms - first.timestamp_ms >= 80
    now = SystemClock().now()
    assert (now - waiting[-1].received_at).total_seconds() < 1.0  # of a clip of two seconds


def test_what_is_not_there_is_tried_again_and_says_why_without_the_password(opened):
    source = opened("rtsp://viewer:hunter2@127.0.0.1:1/camera")
    assert source.next(0.5) is None
    deadline = time.monotonic() + 10
    while source.trouble == "not connected yet":
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    assert source.trouble
    assert "hunter2" not in source.trouble
    assert source.connections == 0


@pytest.mark.parametrize(
    "source", ["/etc/passwd", "concat:a", "tcp://127.0.0.1:1", "pipe:0", "v4l2:/etc/passwd"]
)
def test_what_is_no_source(source):
    with pytest.raises(InvalidParameter):
        PyAvLive(SystemClock()).open(source, 5.0)


def test_a_camera_of_this_machine_that_is_not_there_says_so(opened):
    source = opened("v4l2:/dev/video-none?video_size=640x480&framerate=15&input_format=mjpeg")
    deadline = time.monotonic() + 10
    while source.trouble == "not connected yet":
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    assert source.trouble == "No such file or directory"


def test_what_a_camera_of_this_machine_is_asked_for():
    camera = ffmpeg_camera("v4l2:/dev/video0?video_size=1280x720&framerate=15", SystemClock())
    assert (camera.address, camera.format) == ("/dev/video0", "v4l2")
    assert camera.options.items() >= {"video_size": "1280x720", "framerate": "15"}.items()
    for asked in ("video_size=big", "framerate=", "protocol_whitelist=file", "framerate=15;x"):
        with pytest.raises(InvalidParameter):
            ffmpeg_camera(f"v4l2:/dev/video0?{asked}", SystemClock())


def test_a_file_is_a_video_and_leads_nowhere_else(tmp_path, opened):
    secret = tmp_path / "secret.mp4"
    write(secret, greys(5))
    playlist = tmp_path / "list.ffconcat"
    playlist.write_text(f"ffconcat version 1.0\nfile {secret}\n")
    source = opened(f"file://{playlist}")
    assert source.next(1.0) is None
    assert source.connections == 0


class MotionJpeg:
    """Sends three pictures to whoever connects, and hangs up."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/stream.mjpg"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.0 200 OK\r\n"
                    b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
                )
                for grey in (50, 100, 150):
                    connection.sendall(self._part(grey))

    @staticmethod
    def _part(grey):
        data = io.BytesIO()
        Image.fromarray(np.full((64, 96, 3), grey, np.uint8)).save(data, "JPEG")
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data.getvalue())}\r\n"
        return head.encode() + b"\r\n" + data.getvalue() + b"\r\n"

    def close(self):
        self._listener.close()


def test_a_camera_that_hangs_up_is_called_again(opened):
    camera = MotionJpeg()
    source = opened(camera.url, 1000.0)
    deadline = time.monotonic() + 20
    while source.connections < 2:
        assert time.monotonic() < deadline, source.trouble
        source.next(0.1)
    camera.close()
