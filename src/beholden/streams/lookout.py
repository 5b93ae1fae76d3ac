"""A camera, and what looks at its pictures, held by a worker process: both ends of the pipe.

What a camera sends is decoded there and nowhere else. The session asks for one look after the
other; what comes back is what was found, as JSON. Pixels come where somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from datetime import datetime

import numpy as np

from beholden.domain.arrays import UInt8
from beholden.domain.errors import TaskFailed
from beholden.domain.face import FaceDetection
from beholden.domain.fragment import Fragment
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.ports.compute import Answer, Compute, Held, Json, Meanwhile, nothing
from beholden.ports.live import LiveFrame, LiveSource, LiveSources, Seen

# What is found in the next picture of a camera, by when it came (ms, see LiveFrame).
Looker = Callable[[int, Image], Json]
# Loads it, when somebody asks for the first time.
PossibleFaces = Callable[[], Callable[[UInt8], Sequence[FaceDetection]]]
# The longer side of a picture, as it is looked at.
MOST_SIDE_PX = 1920


@contextmanager
def lookout(
    sources: LiveSources, looker: Callable[[Json], Looker], possible: PossibleFaces, asked: Json
) -> Iterator[Callable[[Json], Answer]]:
    """The worker's end, a held task: `looker` makes what looks from what was asked."""
    look = looker(asked)
    with closing(sources.open(asked["source"], asked["per_second"])) as source:
        yield _Answers(source, look, possible)


class _Answers:
    """Questions are `next` (how many seconds to wait for it), `picture` and `possible_faces`, both
    of the last."""

    def __init__(self, source: LiveSource, look: Looker, possible: PossibleFaces) -> None:
        self._source = source
        self._look = look
        self._possible = possible
        self._image = Image(np.zeros((0, 0, 3), np.uint8), b"")

    def __call__(self, question: Json) -> Answer:
        if "next" in question:
            return self._next(question["next"]), b""
        if "picture" in question:
            return {"shape": self._image.pixels.shape}, self._image.pixels.tobytes()
        return {"boxes": [astuple(f.box_px) for f in self._possible()(self._image.pixels)]}, b""

    def _next(self, wait_s: float) -> Json:
        source = self._source
        frame = source.next(wait_s)
        seen = None if frame is None else self._seen(frame)
        how = {"dropped": source.dropped, "connections": source.connections}
        return how | {"trouble": source.trouble, "seen": seen}

    def _seen(self, frame: LiveFrame) -> Json:
        self._image = frame.image(MOST_SIDE_PX)
        fragment = frame.fragment
        return {
            "timestamp_ms": frame.timestamp_ms,
            "received_at": frame.received_at.isoformat(),
            "number": fragment.number,
            "served_at": fragment.served_at.isoformat(),
            "produced_at": fragment.produced_at.isoformat(),
            "offset_s": frame.offset_s,
            "found": self._look(frame.timestamp_ms, self._image),
        }


class Lookout:
    """The server's end. How its camera is doing is as it was at the last look."""

    dropped = connections = 0
    trouble: str | None = "not connected yet"

    def __init__(
        self,
        compute: Compute,
        task: str,
        asked: Json,
        meanwhile: Meanwhile = nothing,
        *,
        alone: bool = False,
    ) -> None:
        """Raises as Compute.hold does."""
        self._held: Held = compute.hold(task, asked, meanwhile, alone=alone)

    def next(self, wait_s: float) -> Seen | None:
        """The next look; None if there is no picture within that time. Raises TaskFailed."""
        told, _ = self._held.ask({"next": wait_s})
        self.dropped, self.connections = int(told["dropped"]), int(told["connections"])
        self.trouble = told["trouble"]
        return None if told["seen"] is None else self._seen(told["seen"])

    def close(self) -> None:
        self._held.close()

    def _seen(self, told: Json) -> Seen:
        received, served, produced = (
            datetime.fromisoformat(told[name])
            for name in ("received_at", "served_at", "produced_at")
        )
        return Seen(
            timestamp_ms=int(told["timestamp_ms"]),
            received_at=received,
            fragment=Fragment(int(told["number"]), served, produced),
            offset_s=float(told["offset_s"]),
            found=told["found"],
            picture=self._picture,
            possible_faces=self._possible_faces,
        )

    def _picture(self) -> Image:
        """Raises TaskFailed if it is none: what decoded it may be in a stranger's hands."""
        told, raw = self._held.ask({"picture": True})
        height, width, depth = map(int, told["shape"])
        if not (0 < height <= MOST_SIDE_PX and 0 < width <= MOST_SIDE_PX and depth == 3):
            raise TaskFailed("The worker process gave no picture.")
        if len(raw) != height * width * depth:
            raise TaskFailed("The worker process gave another picture than it said.")
        return Image(np.frombuffer(raw, np.uint8).reshape(height, width, depth), b"")

    def _possible_faces(self) -> tuple[Box, ...]:
        told, _ = self._held.ask({"possible_faces": True})
        return tuple(Box(*map(float, box)) for box in told["boxes"])
