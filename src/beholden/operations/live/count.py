"""How many people and pets are before a camera, and how many came: a record when that changes, and
one a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beholden.domain.access import Grant
from beholden.domain.stream import StreamProcessor
from beholden.operations.live._input import input_information
from beholden.operations.live._sight import kinds
from beholden.operations.stream_labels import STOP
from beholden.ports.live import Seen

Json = dict[str, Any]

PER_SECOND = 5.0
EVERY_MS = 1000


class CountWatch:
    """Implements streams.work.Watch. It goes on until it is stopped, unless its start said for how
    long."""

    task = "count"
    per_second = PER_SECOND

    def __init__(self, processor: StreamProcessor) -> None:
        request: Any = processor.request
        self._processor = processor
        self._most = dict.fromkeys(kinds(request), 0)
        self._told: tuple[int, Json] = (-EVERY_MS, {})
        self.asked = {"request": request}
        self.lasts_s: float | None = request.get(STOP, {}).get("MaxDurationInSeconds")

    def renew(self, grant: Grant) -> None:
        """Nothing here depends on whose it is."""

    def see(self, seen: Seen) -> Json | None:
        counted = dict(seen.found)
        for kind, number in counted["InView"].items():
            self._most[kind] = max(self._most[kind], number)
        told_ms, told = self._told
        if counted == told and seen.timestamp_ms - told_ms < EVERY_MS:
            return None
        self._told = (seen.timestamp_ms, counted)
        return {
            "InputInformation": input_information(self._processor, seen),
            "StreamProcessorInformation": {"Status": "RUNNING"},
            "CountResponse": counted,
        }

    def finish(self) -> None:
        """It has said all that it knows."""

    def close(self, *, keep: bool) -> None:
        """Nothing is kept."""

    def summary(self) -> Mapping[str, object]:
        """The most that were in view at once, and how many came."""
        return {"in_view": self._most, "entries": self._told[1].get("Entries", {})}
