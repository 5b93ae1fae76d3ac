"""Video files through FFmpeg's decoders (PyAV)."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from beholden.domain.errors import UnreadableVideo
from beholden.domain.image import Image
from beholden.domain.video import VideoPlan, VideoSegment, slot
from beholden.engines.frames.clock import MediaClock, quarter_turns
from beholden.engines.frames.planning import plan

# Containers that hold their media themselves. A playlist or a script of files is none of them: what
# a stranger sends could name any file of this machine.
CONTAINERS = (
    "3g2,3gp,asf,avi,av1,dv,flv,gif,h264,hevc,ivf,m4a,m4v,matroska,mj2,mov,mp4,mpeg,mpegts,"
    "mpegvideo,mxf,nut,obu,ogg,webm"
)
# Those whose packets tell when their frames are shown.
TIMED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts")
# 8K UHD is 33 million.
MAX_PIXELS = 36_000_000
# Later than any media time.
END_MS = 2**63
# Codecs whose frames that are marked as referred to by none are needed by none: in HEVC those of a
# higher temporal layer may still refer to them.
SKIPPABLE = ("h264",)


class PyAvFrames:
    """Implements ports.frames.Frames. Decodes in `threads` threads (0: FFmpeg chooses)."""

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads
        self._paused: dict[tuple[Path, frozenset[float] | None], Run] = {}

    def plan(self, path: Path, segment_ms: int) -> VideoPlan:
        with closing(self._open(path)) as container:
            first = next(self._decode(container), None)
            if first is None:
                raise UnreadableVideo("The video has no frame that can be decoded.")
        with closing(self._open(path)) as container:
            return plan(container, video_of(container), first, segment_ms)

    def read(
        self, path: Path, segment: VideoSegment, rates: Collection[float] | None = None
    ) -> Iterator[PyAvFrame]:
        """With `rates`, other frames of H.264 are not decoded if no frame refers to them.

        Between key frames, it is read on from where reading stopped: to begin at the key frame each
        time would make the work on a video that has only one grow with its square.
        """
        key = path, None if rates is None else frozenset(rates)
        self._paused = {k: paused for k, paused in self._paused.items() if k[0].exists()}
        run = self._paused.pop(key, None)
        if run is None or not run.reaches(segment):
            wanted, until_ms = self._wanted(path, segment, rates)
            run = Run(self._from(path, segment, wanted), until_ms)
        no = segment.first_frame_no
        for at_ms, frame in run.frames():
            if at_ms >= segment.end_ms:
                if run.pause(at_ms, frame):
                    self._paused[key] = run
                return
            if at_ms >= segment.start_ms:
                yield PyAvFrame(frame, at_ms, no)
                no += 1

    def _wanted(
        self, path: Path, segment: VideoSegment, rates: Collection[float] | None
    ) -> tuple[Collection[int] | None, int]:
        """By the packets alone, timestamps of the frames that are the first of their slot, up to
        the first key frame at or after the segment's end, and the media time of that; None where no
        frame may be left out, the segment's end where packets do not tell."""
        firsts: dict[tuple[float, int], int] = {}
        until_ms, last_dts = END_MS, math.inf
        with closing(self._open(path)) as container:
            if container.format.name not in TIMED:
                return None, segment.end_ms
            stream = video_of(container)
            skips = rates is not None and stream.codec_context.codec.canonical_name in SKIPPABLE
            clock = MediaClock(stream)
            container.seek(clock.pts(segment.start_ms), stream=stream)
            for packet in self._packets(container):
                if packet.pts is None:
                    continue
                if packet.dts is not None and packet.dts > last_dts:
                    break
                at_ms = clock.timestamp_ms(packet.pts)
                if packet.is_keyframe and segment.end_ms <= at_ms < until_ms:
                    until_ms, last_dts = at_ms, packet.pts
                for rate in rates or ():
                    key = rate, slot(at_ms, rate)
                    firsts[key] = min(packet.pts, firsts.get(key, packet.pts))
        return frozenset(firsts.values()) if skips else None, until_ms

    def _from(
        self, path: Path, segment: VideoSegment, wanted: Collection[int] | None
    ) -> Iterator[tuple[int, VideoFrame]]:
        """Frames with their media times from the segment's first, or one before it, on."""
        sought = segment.start_ms > 0
        with closing(self._open(path)) as container:
            clock = MediaClock(video_of(container))
            if sought:
                container.seek(clock.pts(segment.start_ms), stream=video_of(container))
            for frame in self._decode(container, wanted):
                at_ms = clock.timestamp_ms(frame.pts)
                if sought and at_ms > segment.start_ms:
                    break  # the container's index is wrong: read on from the beginning, below
                sought = False
                yield at_ms, frame
        if sought:
            with closing(self._open(path)) as container:
                clock = MediaClock(video_of(container))
                for frame in self._decode(container):
                    yield clock.timestamp_ms(frame.pts), frame

    def _open(self, path: Path) -> InputContainer:
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
        try:
            container = av.open(str(path), options=options)
        except (av.FFmpegError, ValueError) as error:
            raise UnreadableVideo from error
        codec = video_of(container).codec_context
        if codec.width * codec.height > MAX_PIXELS:
            container.close()
            raise UnreadableVideo(f"{codec.width} x {codec.height} pixels are more than 8K.")
        codec.options = {"max_pixels": str(MAX_PIXELS)}
        codec.thread_type = "AUTO"
        codec.thread_count = self._threads
        return container

    def _decode(
        self, container: InputContainer, wanted: Collection[int] | None = None
    ) -> Iterator[VideoFrame]:
        """Frames in the order of display, without those that are damaged beyond decoding and, if
        some are `wanted` (timestamps), without those that nobody needs."""
        codec = video_of(container).codec_context
        for packet in self._packets(container):
            idle = wanted is not None and packet.pts is not None and packet.pts not in wanted
            codec.skip_frame = "NONREF" if idle else "DEFAULT"
            try:
                yield from packet.decode()
            except av.EOFError:
                return
            except av.FFmpegError:
                continue

    def _packets(self, container: InputContainer) -> Iterator[av.Packet[VideoStream]]:
        """In the order of decoding; what cannot be read is left out."""
        packets = container.demux(video_of(container))
        while True:
            try:
                yield next(packets)
            except (StopIteration, av.EOFError):
                return
            except av.FFmpegError:
                continue


@dataclass(slots=True)
class Run:
    """Decoding from a key frame on, to be gone on with until the next one (`until_ms`): `decoded`
    frames with their media times, and before them the one at which it was paused."""

    decoded: Iterator[tuple[int, VideoFrame]]
    until_ms: int
    waiting: list[tuple[int, VideoFrame]] = field(default_factory=list)

    def pause(self, at_ms: int, frame: VideoFrame) -> bool:
        """Before this frame; False where one need not go on, but begins with it."""
        self.waiting.append((at_ms, frame))
        return at_ms < self.until_ms

    def reaches(self, segment: VideoSegment) -> bool:
        """Whether to go on gives the whole segment."""
        return self.waiting[0][0] <= segment.start_ms and segment.end_ms <= self.until_ms

    def frames(self) -> Iterator[tuple[int, VideoFrame]]:
        waiting, self.waiting = self.waiting, []
        return chain(waiting, self.decoded)


class PyAvFrame:
    """Implements ports.frames.Frame."""

    def __init__(self, frame: VideoFrame, timestamp_ms: int, no: int) -> None:
        self._frame = frame
        self._images: dict[int, Image] = {}
        self.timestamp_ms = timestamp_ms
        self.no = no

    @property
    def size_bytes(self) -> int:
        return sum(plane.buffer_size for plane in self._frame.planes)

    def image(self, max_side_px: int = 1920) -> Image:
        if max_side_px not in self._images:
            self._images[max_side_px] = self._convert(max_side_px)
        return self._images[max_side_px]

    def _convert(self, max_side_px: int) -> Image:
        frame = self._frame
        scale = min(Fraction(1), Fraction(max_side_px, max(frame.width, frame.height)))
        width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
        pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
        turned = np.rot90(pixels, quarter_turns(frame))
        return Image(np.ascontiguousarray(turned), b"")


def video_of(container: InputContainer) -> VideoStream:
    """The first video stream; the cover of a song is none. Raises UnreadableVideo."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise UnreadableVideo("The file has no video stream.")
