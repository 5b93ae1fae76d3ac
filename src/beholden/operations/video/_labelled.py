"""Labels of one look at a video after the other, in the lists that a Get pages through: by time,
and as stretches of time over which a label holds; each in two orders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beholden.domain.job import JobItem

Json = dict[str, Any]
# Media time and the entries that were found then, as they are in a response but for their times.
Look = tuple[int, Sequence[Mapping[str, Any]]]

# Labels are looked for in the first frame of each half second.
LOOKS_PER_SECOND = 2.0
# A confidence has four decimals: so many steps from 0 to 100.
CONFIDENCES = 10**6

SEGMENTS, SEGMENTS_BY_NAME = "segments", "segments by name"


def order(request: Mapping[str, Any]) -> tuple[str, bool]:
    """View and grouping of the page that a Get asks for."""
    by_name = request.get("SortBy") == "NAME"
    if request.get("AggregateBy") == "SEGMENTS":
        return (SEGMENTS_BY_NAME if by_name else SEGMENTS), True
    return "", by_name


def asked(request: Mapping[str, Any]) -> Json:
    """GetRequestMetadata."""
    return {
        "SortBy": request.get("SortBy", "TIMESTAMP"),
        "AggregateBy": request.get("AggregateBy", "TIMESTAMPS"),
    }


@dataclass(slots=True)
class Stretch:
    """`surest` is the entry of the look that was surest."""

    start_ms: int
    surest: Mapping[str, Any]


class Timeline:
    """`member` is the entry's that holds Name and Confidence; `names` are all that there may be."""

    def __init__(self, member: str, names: Collection[str]) -> None:
        self._member = member
        self._rank = {name: n for n, name in enumerate(sorted(names))}

    def items(self, looks: Iterable[Look], end_ms: int) -> Iterator[JobItem]:
        """What a look finds holds until the next one, the last until `end_ms`."""
        going_on: dict[str, Stretch] = {}
        for at_ms, entries in looks:
            found = {entry[self._member]["Name"]: entry for entry in entries}
            for name in [name for name in going_on if name not in found]:
                yield from self._ended(going_on.pop(name), at_ms)
            for name, entry in found.items():
                yield JobItem({"Timestamp": at_ms, **entry}, group=self._by_name(entry))
                stretch = going_on.setdefault(name, Stretch(at_ms, entry))
                stretch.surest = max(stretch.surest, entry, key=self._confidence)
            end_ms = max(end_ms, at_ms)
        for stretch in going_on.values():
            yield from self._ended(stretch, end_ms)

    def _ended(self, stretch: Stretch, end_ms: int) -> Iterator[JobItem]:
        times = {
            "Timestamp": stretch.start_ms,
            "StartTimestampMillis": stretch.start_ms,
            "EndTimestampMillis": end_ms,
            "DurationMillis": end_ms - stretch.start_ms,
        }
        label = dict(stretch.surest[self._member])
        if "Instances" in label:  # where they stood differs from look to look
            label["Instances"] = []
        body = {**stretch.surest, self._member: label, **times}
        yield JobItem(body, stretch.start_ms, SEGMENTS)
        yield JobItem(body, self._by_name(stretch.surest), SEGMENTS_BY_NAME)

    def _by_name(self, entry: Mapping[str, Any]) -> int:
        """Ascends by name and, within one, as confidence falls."""
        rank = self._rank[entry[self._member]["Name"]]
        return (rank + 1) * 2 * CONFIDENCES - round(self._confidence(entry) * CONFIDENCES / 100)

    def _confidence(self, entry: Mapping[str, Any]) -> float:
        return float(entry[self._member]["Confidence"])
