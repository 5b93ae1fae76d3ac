"""Cameras that FFmpeg reads by itself: RTSP, HLS, Motion JPEG, those of this machine, and files as
if they were live."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator
from contextlib import closing as closed
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from threading import Event
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

from beholden.domain.errors import InvalidParameter
from beholden.domain.fragment import Fragment
from beholden.domain.stream import KINDS_OF_SOURCES
from beholden.engines.frames.pyav import CONTAINERS, MAX_PIXELS, video_of
from beholden.ports.clock import Clock

# Seconds without an answer, or without a packet, after which a connection is given up.
OPEN_S, READ_S = 10.0, 5.0
# Media time that is further ahead than this is a jump of the stream's clock, not an early frame.
MOST_EARLY_S = 10.0

_NETWORK = {"fflags": "nobuffer", "flags": "low_delay", "analyzeduration": "1000000"}
# Which protocols a source may lead to: a playlist names no file of this machine.
_OPTIONS = {
    "rtsp": _NETWORK | {"rtsp_transport": "tcp", "protocol_whitelist": "rtsp,rtp,tcp,udp,tls"},
    "http": _NETWORK | {"protocol_whitelist": "http,https,tcp,tls,crypto"},
    "file": {"protocol_whitelist": "file", "format_whitelist": CONTAINERS},
}
_DEVICE = re.compile(r"/dev/[a-z0-9/_-]+")
# What Video4Linux is asked for, as FFmpeg calls it.
_DEVICE_OPTIONS = {"video_size": r"\d+x\d+", "framerate": r"\d+", "input_format": r"[a-z0-9_]+"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame as it came, and where in the stream it stands."""

    frame: VideoFrame
    received_at: datetime
    fragment: Fragment
    offset_s: float


class Camera(Protocol):
    @property
    def begins_again(self) -> bool:
        """Whether it is no fault of its when its pictures end."""
        ...

    def pictures(self, closing: Event) -> Generator[Picture, None, None]:
        """Connect, and give pictures as they come, until the connection ends. What is waited for
        in here ends when `closing` is set.

        Raises av.FFmpegError, which not always is an OSError, OSError, ValueError, UnreadableVideo.
        """
        ...


@dataclass(frozen=True, slots=True)
class FfmpegCamera:
    """Implements Camera. Such streams do not tell when a picture was taken: it is the time at which
    it came; fragments begin with key frames."""

    address: str
    clock: Clock
    options: dict[str, str]
    format: str | None = None
    begins_again: bool = False

    def pictures(self, closing: Event) -> Generator[Picture, None, None]:
        with closed(self._connect()) as container:
            paced = self.begins_again or container.format.name == "hls"
            unit = Fraction(video_of(container).time_base or Fraction(1, 1000))
            pace = _Pace(unit, closing) if paced else None
            begun = fragment_at(self.clock.now())
            for frame in decoded(container):
                if pace is not None:
                    pace.wait(frame.pts)
                now = self.clock.now()
                if frame.key_frame:
                    begun = fragment_at(now)
                since = now - begun.served_at
                yield Picture(frame, now, begun, since / timedelta(seconds=1))

    def _connect(self) -> InputContainer:
        timeout = None if self.begins_again else (OPEN_S, READ_S)
        return av.open(self.address, format=self.format, options=self.options, timeout=timeout)


def ffmpeg_camera(source: str, clock: Clock) -> FfmpegCamera:
    """Raises InvalidParameter for a source of no known kind."""
    url = urlsplit(source)
    match url.scheme.lower():
        case "rtsp" | "rtsps":
            return FfmpegCamera(source, clock, _OPTIONS["rtsp"])
        case "http" | "https":
            return FfmpegCamera(source, clock, _OPTIONS["http"])
        case "file":
            return FfmpegCamera(unquote(url.path), clock, _OPTIONS["file"], begins_again=True)
        case "v4l2":
            return FfmpegCamera(url.path, clock, _device(url.path, url.query), "v4l2")
    raise InvalidParameter(KINDS_OF_SOURCES)


def _device(path: str, query: str) -> dict[str, str]:
    """Raises InvalidParameter."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if not _DEVICE.fullmatch(path) or any(
        not re.fullmatch(_DEVICE_OPTIONS.get(name, ""), value) for name, value in asked.items()
    ):
        raise InvalidParameter(
            "A camera of this machine is v4l2:/dev/video0, with ?video_size=1280x720, framerate=15 "
            "and input_format=mjpeg as needed."
        )
    return _NETWORK | asked


def fragment_at(now: datetime) -> Fragment:
    """One that begins as it comes."""
    return Fragment(int(now.timestamp() * 1_000_000), now, now)


def decoded(container: InputContainer) -> Iterator[VideoFrame]:
    """What is damaged beyond decoding is left out; what ends the connection ends this. Raises
    UnreadableVideo."""
    stream = video_of(container)
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    # Threads that take a frame each would hold back as many frames.
    stream.codec_context.thread_type = "SLICE"
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError:
            continue


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
