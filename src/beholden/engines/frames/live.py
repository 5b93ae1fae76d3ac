"""Live pictures, from FFmpeg (PyAV) and from Kinesis Video Streams.

A thread reads and decodes as the pictures come, whoever looks at them or not: nothing piles up in a
network buffer. Of the frames to be looked at only the newest few wait.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import closing
from threading import Condition, Event, Thread

import av

from beholden.domain.errors import UnreadableVideo
from beholden.engines.frames.cameras import Camera, Picture, ffmpeg_camera
from beholden.engines.frames.kinesis_video import KINESIS_VIDEO, GetMediaCamera
from beholden.engines.frames.pyav import PyAvFrame
from beholden.ports.clock import Clock

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
# A connection that held so long was a good one: the next wait is short again.
HELD_S = 10.0
WAITING = 2


class PyAvLive:
    """Implements ports.live.LiveSources. `region` is where Kinesis Video Streams are looked for
    that are no ARNs."""

    def __init__(self, clock: Clock, region: str = "us-east-1") -> None:
        self._clock = clock
        self._region = region

    def open(self, source: str, per_second: float) -> PyAvLiveSource:
        return PyAvLiveSource(self._camera(source), per_second)

    def _camera(self, source: str) -> Camera:
        if source.startswith(KINESIS_VIDEO):
            return GetMediaCamera(source.removeprefix(KINESIS_VIDEO), self._region, self._clock)
        return ffmpeg_camera(source, self._clock)


class PyAvLiveSource:
    """Implements ports.live.LiveSource. A file begins again when it ends."""

    def __init__(self, camera: Camera, per_second: float) -> None:
        self._camera = camera
        self._per_second = per_second
        self._opened_at = time.monotonic()
        self._slot = -1
        self._waiting: deque[PyAvLiveFrame] = deque()
        self._turn = Condition()
        self._closing = Event()
        self.dropped = 0
        self.connections = 0
        self.trouble: str | None = "not connected yet"
        self._thread = Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def next(self, timeout_s: float) -> PyAvLiveFrame | None:
        with self._turn:
            self._turn.wait_for(lambda: self._waiting or self._closing.is_set(), timeout_s)
            return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        self._closing.set()
        with self._turn:
            self._waiting.clear()
            self._turn.notify_all()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                self._read()
                self.trouble = "the stream ended"
            except (UnreadableVideo, av.FFmpegError, ValueError, OSError) as error:
                # Never the whole message: it quotes the address, and the password in it.
                self.trouble = getattr(error, "strerror", None) or type(error).__name__
            if time.monotonic() - began >= HELD_S or self._camera.begins_again:
                wait_s = FIRST_WAIT_S
            self._closing.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _read(self) -> None:
        """Until the connection ends, fails or is closed."""
        with closing(self._camera.pictures(self._closing)) as pictures:
            for no, picture in enumerate(pictures):
                if self._closing.is_set():
                    return
                self.connections += no == 0
                self.trouble = None
                self._offer(picture)

    def _offer(self, picture: Picture) -> None:
        """Of the pictures in each slot of time the first is to be looked at."""
        elapsed_s = time.monotonic() - self._opened_at
        slot = int(elapsed_s * self._per_second)
        if slot == self._slot:
            return
        self._slot = slot
        with self._turn:
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(PyAvLiveFrame(picture, int(elapsed_s * 1000)))
            self._turn.notify_all()


class PyAvLiveFrame(PyAvFrame):
    """Implements ports.live.LiveFrame."""

    def __init__(self, picture: Picture, timestamp_ms: int) -> None:
        super().__init__(picture.frame, timestamp_ms, 0)
        self.received_at = picture.received_at
        self.fragment = picture.fragment
        self.offset_s = picture.offset_s
