"""Which frame a record is about, as Rekognition says it."""

from __future__ import annotations

from typing import Any

from beholden.domain.stream import StreamProcessor
from beholden.ports.live import Seen


def input_information(processor: StreamProcessor, seen: Seen) -> dict[str, Any]:
    source: Any = processor.request["Input"]
    fragment = seen.fragment
    return {
        "KinesisVideo": {
            "StreamArn": source["KinesisVideoStream"]["Arn"],
            "FragmentNumber": str(fragment.number),
            "ServerTimestamp": round(fragment.served_at.timestamp(), 3),
            "ProducerTimestamp": round(fragment.produced_at.timestamp(), 3),
            "FrameOffsetInSeconds": round(seen.offset_s, 3),
        }
    }
