"""A stored video: what it is, and how it is cut for work that must survive interruptions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VideoMetadata:
    """The first video stream, upright: `width_px` and `height_px` are after rotation.

    `duration_ms` is that of the frames that are there, whatever the container declares;
    `frame_rate` is their average, per second of media.
    """

    codec: str
    format: str
    duration_ms: int
    frame_rate: float
    width_px: int
    height_px: int
    full_range: bool


@dataclass(frozen=True, slots=True)
class AudioMetadata:
    """One audio stream."""

    codec: str
    duration_ms: int
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class VideoSegment:
    """The frames whose media time is in [start_ms, end_ms), from a key frame on where there is one.

    `before_ms` is the time of the frame before, None for the first segment: with it, sampling by
    time comes out as if the video had never been cut. `first_frame_no` counts frames from 0.
    """

    no: int
    start_ms: int
    end_ms: int
    before_ms: int | None
    first_frame_no: int


def slot(at_ms: int, per_second: float) -> int:
    """Which 1/`per_second` of the video's time a frame is in: sampling takes the first of each."""
    return int(at_ms * per_second // 1000)


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """What a look at every packet tells, without decoding: metadata, and where to cut."""

    video: VideoMetadata
    audio: tuple[AudioMetadata, ...]
    segments: tuple[VideoSegment, ...]
