"""Live pictures through FFmpeg (PyAV): RTSP, HLS, Motion JPEG, and files as if they were live.

A thread reads and decodes as the pictures come, whoever looks at them or not: nothing piles up in a
network buffer. Of the frames to be looked at only the newest few wait.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from fractions import Fraction
from threading import Condition, Event, Thread
from urllib.parse import unquote, urlsplit

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

from beholden.domain.errors import InvalidParameter, UnreadableVideo
from beholden.engines.frames.pyav import CONTAINERS, MAX_PIXELS, PyAvFrame, video_of
from beholden.ports.clock import Clock

LOG = logging.getLogger(__name__)

# Seconds without an answer, or without a packet, after which a connection is given up.
OPEN_S, READ_S = 10.0, 5.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
# A connection that held so long was a good one: the next wait is short again.
HELD_S = 10.0
WAITING = 2
# Media time that is further ahead than this is a jump of the stream's clock, not an early frame.
MOST_EARLY_S = 10.0

_NETWORK = {"fflags": "nobuffer", "flags": "low_delay", "analyzeduration": "1000000"}
# Which protocols a source may lead to: a playlist names no file of this machine.
_OPTIONS = {
    "rtsp": _NETWORK | {"rtsp_transport": "tcp", "protocol_whitelist": "rtsp,rtp,tcp,udp,tls"},
    "http": _NETWORK | {"protocol_whitelist": "http,https,tcp,tls,crypto"},
    "file": {"protocol_whitelist": "file", "format_whitelist": CONTAINERS},
}
_KINDS = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http", "file": "file"}


class PyAvLive:
    """Implements ports.live.LiveSources."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(self, source: str, per_second: float) -> PyAvLiveSource:
        kind = _KINDS.get(urlsplit(source).scheme.lower())
        if kind is None:
            raise InvalidParameter("A source is rtsp://, rtsps://, http://, https:// or file://.")
        return PyAvLiveSource(source, kind, per_second, self._clock)


class PyAvLiveSource:
    """Implements ports.live.LiveSource. A file begins again when it ends."""

    def __init__(self, source: str, kind: str, per_second: float, clock: Clock) -> None:
        self._source = unquote(urlsplit(source).path) if kind == "file" else source
        self._kind = kind
        self._per_second = per_second
        self._clock = clock
        self._opened_at = time.monotonic()
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
                with closing(self._connect()) as container:
                    self._read(container)
                self.trouble = "the stream ended"
            except (av.FFmpegError, UnreadableVideo, ValueError, OSError) as error:
                # Never the whole message: it quotes the address, and the password in it.
                self.trouble = getattr(error, "strerror", None) or type(error).__name__
            if time.monotonic() - began >= HELD_S or self._kind == "file":
                wait_s = FIRST_WAIT_S
            self._closing.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _connect(self) -> InputContainer:
        timeout = None if self._kind == "file" else (OPEN_S, READ_S)
        container = av.open(self._source, options=_OPTIONS[self._kind], timeout=timeout)
        codec = video_of(container).codec_context
        codec.options = {"max_pixels": str(MAX_PIXELS)}
        # Threads that take a frame each would hold back as many frames.
        codec.thread_type = "SLICE"
        self.connections += 1
        return container

    def _read(self, container: InputContainer) -> None:
        """Until the stream ends, fails or is closed."""
        paced = self._kind == "file" or container.format.name == "hls"
        pace = _Pace(Fraction(video_of(container).time_base or Fraction(1, 1000)), self._closing)
        key_at, slot = self._clock.now(), -1
        for frame in self._decoded(container):
            if paced:
                pace.wait(frame.pts)
            elapsed_s, now = time.monotonic() - self._opened_at, self._clock.now()
            if frame.key_frame:
                key_at = now
            if self._closing.is_set():
                return
            self.trouble = None
            if int(elapsed_s * self._per_second) != slot:
                slot = int(elapsed_s * self._per_second)
                self._put(PyAvLiveFrame(frame, int(elapsed_s * 1000), now, key_at))

    def _decoded(self, container: InputContainer) -> Iterator[VideoFrame]:
        """What is damaged beyond decoding is left out; what ends the connection ends this."""
        for packet in container.demux(video_of(container)):
            try:
                yield from packet.decode()
            except av.EOFError:
                return
            except av.FFmpegError:
                continue

    def _put(self, frame: PyAvLiveFrame) -> None:
        with self._turn:
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(frame)
            self._turn.notify_all()


class PyAvLiveFrame(PyAvFrame):
    """Implements ports.live.LiveFrame. The streams read here do not tell when a picture was taken:
    it is the time at which it came."""

    def __init__(
        self, frame: VideoFrame, timestamp_ms: int, received_at: datetime, key_at: datetime
    ) -> None:
        super().__init__(frame, timestamp_ms, 0)
        self.received_at = received_at
        self.produced_at = received_at
        self.fragment = int(key_at.timestamp() * 1_000_000)
        self.offset_s = (received_at - key_at) / timedelta(seconds=1)


class _Pace:
    """Holds frames back until their time, where a source gives them faster than they were taken."""

    def __init__(self, unit: Fraction, closing: Event) -> None:
        self._unit = unit
        self._closing = closing
        self._began: float | None = None
        self._first = 0

    def wait(self, pts: int | None) -> None:
        if pts is None:
            return
        now = time.monotonic()
        if self._began is None:
            self._began, self._first = now, pts
        early_s = self._began + float((pts - self._first) * self._unit) - now
        if abs(early_s) > MOST_EARLY_S:
            self._began, self._first = now, pts
        elif early_s > 0:
            self._closing.wait(early_s)
