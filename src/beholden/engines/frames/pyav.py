"""Video files through FFmpeg's decoders (PyAV)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
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
# Codecs whose frames that are marked as referred to by none are needed by none: in HEVC those of a
# higher temporal layer may still refer to them.
SKIPPABLE = ("h264",)


class PyAvFrames:
    """Implements ports.frames.Frames. Decodes in `threads` threads (0: FFmpeg chooses)."""

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads

    def plan(self, path: Path, segment_ms: int) -> VideoPlan:
        with closing(self._open(path)) as container:
            first = next(self._decode(container), None)
            if first is None:
                raise UnreadableVideo("The video has no frame that can be decoded.")
        with closing(self._open(path)) as container:
            return plan(container, first, segment_ms)

    def read(
        self, path: Path, segment: VideoSegment, rates: Collection[float] | None = None
    ) -> Iterator[PyAvFrame]:
        """With `rates`, other frames of H.264 are not decoded if no frame refers to them."""
        no = segment.first_frame_no
        wanted = None if rates is None else self._wanted(path, segment, rates)
        for at_ms, frame in self._from(path, segment, wanted):
            if at_ms >= segment.end_ms:
                return
            if at_ms >= segment.start_ms:
                yield PyAvFrame(frame, at_ms, no)
                no += 1

    def _wanted(
        self, path: Path, segment: VideoSegment, rates: Collection[float]
    ) -> Collection[int] | None:
        """Timestamps of the frames that are the first of their slot, by the packets alone; None
        where these do not tell, or no frame may be left out."""
        firsts: dict[tuple[float, int], int] = {}
        with closing(self._open(path)) as container:
            codec = video_of(container).codec_context.codec.canonical_name
            if container.format.name not in TIMED or codec not in SKIPPABLE:
                return None
            clock = MediaClock(video_of(container))
            end = clock.pts(segment.end_ms)
            container.seek(clock.pts(segment.start_ms), stream=video_of(container))
            for packet in self._packets(container):
                if packet.pts is None:
                    continue
                if packet.dts is not None and packet.dts > end:
                    break
                for rate in rates:
                    key = rate, slot(clock.timestamp_ms(packet.pts), rate)
                    firsts[key] = min(packet.pts, firsts.get(key, packet.pts))
        return frozenset(firsts.values())

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
    """The first video stream. Raises UnreadableVideo."""
    if not container.streams.video:
        raise UnreadableVideo("The file has no video stream.")
    return container.streams.video[0]
