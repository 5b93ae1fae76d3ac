"""How many people and pets are before a camera, and how many came: a record when that changes, and
one a second. No face is looked for, and nobody is told from anybody else but by place and clothes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from beholden.analysis.headcount import HeadCount
from beholden.analysis.people import PersonTrack
from beholden.domain.access import Grant
from beholden.domain.image import Image
from beholden.domain.stream import StreamProcessor
from beholden.operations._services import Services
from beholden.operations.live._input import input_information
from beholden.operations.live._sight import Sight
from beholden.operations.stream_labels import STOP
from beholden.ports.live import LiveFrame

Json = dict[str, Any]

PER_SECOND = 5.0
EVERY_MS = 1000


class CountWatch:
    """Implements streams.work.Watch. It goes on until it is stopped, unless its start said for how
    long."""

    per_second = PER_SECOND

    def __init__(self, services: Services, processor: StreamProcessor) -> None:
        request: Any = processor.request
        self._processor = processor
        self._sight = Sight(services.labels, request)
        self._counts = {kind: HeadCount() for kind in self._sight.kinds}
        self._most = dict.fromkeys(self._sight.kinds, 0)
        self._told: tuple[int, Json] = (-EVERY_MS, {})
        self.lasts_s: float | None = request.get(STOP, {}).get("MaxDurationInSeconds")

    def renew(self, grant: Grant) -> None:
        """Nothing here depends on whose it is."""

    def see(self, frame: LiveFrame) -> Json | None:
        counted = self._counted(frame.image(), frame.timestamp_ms)
        told_ms, told = self._told
        if counted == told and frame.timestamp_ms - told_ms < EVERY_MS:
            return None
        self._told = (frame.timestamp_ms, counted)
        return {
            "InputInformation": input_information(self._processor, frame),
            "StreamProcessorInformation": {"Status": "RUNNING"},
            "CountResponse": counted,
        }

    def finish(self) -> None:
        """It has said all that it knows."""

    def close(self, *, keep: bool) -> None:
        """Nothing is kept."""

    def summary(self) -> Mapping[str, object]:
        """The most that were in view at once, and how many came."""
        return {"in_view": dict(self._most), "entries": self._entries()}

    def _counted(self, image: Image, at_ms: int) -> Json:
        found = self._sight.of(image)
        there = {
            kind: count.look(at_ms, image, found.get(kind, ()))
            for kind, count in self._counts.items()
        }
        for kind, tracks in there.items():
            self._most[kind] = max(self._most[kind], len(tracks))
        in_view = {kind: len(tracks) for kind, tracks in there.items()}
        regions = {kind: self._by_region(tracks, image) for kind, tracks in there.items()}
        return {"InView": in_view, "Regions": regions, "Entries": self._entries()}

    def _by_region(self, tracks: Sequence[PersonTrack], image: Image) -> list[int]:
        """How many are in each region of interest."""
        inside = [self._sight.in_regions(track.last.box_px, image) for track in tracks]
        return [sum(one[region] for one in inside) for region in range(self._sight.regions)]

    def _entries(self) -> dict[str, int]:
        return {kind: count.entries for kind, count in self._counts.items()}
