"""One look at every packet, nothing decoded: duration, frame rate, and where a cut is possible."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from av.container import InputContainer
from av.format import ContainerFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from beholden.domain.arrays import Int64
from beholden.domain.errors import UnreadableVideo
from beholden.domain.video import AudioMetadata, VideoMetadata, VideoPlan, VideoSegment
from beholden.engines.frames.clock import MediaClock, quarter_turns

FULL_RANGE = 2  # AVCOL_RANGE_JPEG
RATE_TOLERANCE = 0.05
RARE_KEYS = 3


@dataclass(slots=True)
class Packets:
    """Media times: of every frame, of those that are key frames, and the end of the last."""

    times_ms: array[int] = field(default_factory=lambda: array("q"))
    keys_ms: list[int] = field(default_factory=list)
    end_ms: int = 0


def plan(
    container: InputContainer, stream: VideoStream, first: VideoFrame, segment_ms: int
) -> VideoPlan:
    """`container` stands at its beginning; `first` is the first decoded frame of its `stream`."""
    packets = _look_through(container, stream)
    times_ms = np.sort(np.frombuffer(packets.times_ms, np.int64))
    video = _metadata(container.format, stream, first, times_ms, packets.end_ms)
    cuts = _cuts(times_ms, packets.keys_ms, segment_ms)
    return VideoPlan(video, tuple(_audio(container)), tuple(_segments(times_ms, cuts)))


def _look_through(container: InputContainer, stream: VideoStream) -> Packets:
    clock, packets = MediaClock(stream), Packets()
    try:
        for packet in container.demux(stream):
            at_ms = clock.timestamp_ms(packet.pts) if packet.size else -1
            if at_ms < 0:  # outside of what the container's edit list shows
                continue
            packets.times_ms.append(at_ms)
            packets.end_ms = max(packets.end_ms, clock.end_ms(packet.duration))
            if packet.is_keyframe:
                packets.keys_ms.append(at_ms)
    except av.FFmpegError:
        return _some(packets)  # the file was cut short: what came before is there
    return _some(packets)


def _some(packets: Packets) -> Packets:
    if not packets.times_ms:
        raise UnreadableVideo("The video has no frames.")
    return packets


def _metadata(
    form: ContainerFormat, stream: VideoStream, first: VideoFrame, times_ms: Int64, end_ms: int
) -> VideoMetadata:
    declared = stream.average_rate or stream.guessed_rate
    sides = (first.width, first.height)
    width, height = sides[::-1] if quarter_turns(first) % 2 else sides
    return VideoMetadata(
        codec=stream.codec_context.codec.canonical_name,
        format=form.long_name,
        duration_ms=end_ms,
        frame_rate=_rate(float(declared or 0), times_ms, end_ms),
        width_px=width,
        height_px=height,
        full_range=first.color_range == FULL_RANGE,
    )


def _rate(declared: float, times_ms: Int64, end_ms: int) -> float:
    """What the container declares is exact (30000/1001), where it is true."""
    lasted = int(times_ms[-1] - times_ms[0])
    measured = 1000 * (len(times_ms) - 1) / lasted if lasted else 1000 / max(end_ms, 1)
    return declared if abs(declared - measured) < RATE_TOLERANCE * measured else measured


def _audio(container: InputContainer) -> Iterator[AudioMetadata]:
    for stream in container.streams.audio:
        ends = stream.duration and stream.time_base and stream.duration * stream.time_base * 1000
        yield AudioMetadata(
            codec=stream.codec_context.codec.canonical_name,
            duration_ms=int(ends or (container.duration or 0) // 1000),
            sample_rate_hz=stream.codec_context.sample_rate,
            channels=stream.codec_context.channels,
        )


def _cuts(times_ms: Int64, keys_ms: list[int], segment_ms: int) -> list[int]:
    """Key frames at least `segment_ms` apart; the first segment begins at 0 in any case. Where key
    frames are rare, frames between them too: a segment then decodes from the key frame before it,
    and one that dies costs no more than others."""
    cuts = [0]
    end = int(times_ms[-1]) + 1
    for key in [*sorted(keys_ms), end]:
        while (enough := cuts[-1] + RARE_KEYS * segment_ms) < key:
            frame = int(times_ms[np.searchsorted(times_ms, enough)])
            cuts.append(frame)  # however long nothing was shown before it
        if key - cuts[-1] >= segment_ms and key < end:
            cuts.append(key)
    return cuts


def _segments(times_ms: Int64, cuts: list[int]) -> Iterator[VideoSegment]:
    ends = [*cuts[1:], int(times_ms[-1]) + 1]
    for no, (start, end) in enumerate(zip(cuts, ends, strict=True)):
        first = int(np.searchsorted(times_ms, start))
        before = int(times_ms[first - 1]) if first else None
        yield VideoSegment(no, start, end, before, first)
