"""What a video report shows: rows of a timeline, from the answers of Get operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]
Span = tuple[int, int]

# What was seen at one look goes on until the next; a miss or two does not end it.
FACE_STEP_MS, FACE_GAP_MS = 200, 1000
TEXT_STEP_MS = 500
MOST_LABELS, MOST_TEXTS = 40, 60


@dataclass(frozen=True, slots=True)
class Row:
    """`kind` is who, shots, cues, text or labels; `spans` are milliseconds from start to end.
    `face` is where to see somebody best: time, bounding box."""

    kind: str
    name: str
    detail: str
    spans: Sequence[Span]
    known: bool = True
    face: tuple[int, Json] | None = None

    @property
    def lasts_ms(self) -> int:
        return sum(end - start for start, end in self.spans)


@dataclass(slots=True)
class Seen:
    """One person, while the answers are read: `match` is similarity and name, `largest` the size,
    time and box of their largest face."""

    times_ms: list[int] = field(default_factory=list)
    match: tuple[float, str] | None = None
    largest: tuple[float, int, Json] = (0.0, 0, {})

    def join(self, other: Seen) -> None:
        self.times_ms = sorted({*self.times_ms, *other.times_ms})
        self.match = max(self.match or (0.0, ""), other.match or (0.0, ""))
        self.largest = max(self.largest, other.largest, key=lambda one: one[0])


def who(persons: Iterable[Json]) -> list[Row]:
    """One row for each person: known people first, by time."""
    seen: dict[int, Seen] = {}
    for one in persons:
        person = one["Person"]
        found = seen.setdefault(person["Index"], Seen())
        found.times_ms.append(one["Timestamp"])
        for match in one["FaceMatches"]:
            face = match["Face"]
            named = (match["Similarity"], face.get("ExternalImageId", face["FaceId"]))
            found.match = max(found.match or named, named)
        box = person["BoundingBox"]
        size = box["Width"] * box["Height"]
        if size > found.largest[0]:
            found.largest = (size, one["Timestamp"], box)
    people: dict[object, Seen] = {}
    for index, found in seen.items():
        who = found.match[1] if found.match else index
        if who in people:
            people[who].join(found)
        else:
            people[who] = found
    ranked = sorted(people.values(), key=lambda one: (one.match is None, one.times_ms[0]))
    known = sum(one.match is not None for one in ranked)
    return [_person(one, n - known) for n, one in enumerate(ranked, 1)]


def _person(found: Seen, number: int) -> Row:
    spans = merged(found.times_ms, FACE_STEP_MS, FACE_GAP_MS)
    face = found.largest[1:]
    if found.match is None:
        return Row("who", f"unknown {number}", "matches nobody", spans, known=False, face=face)
    similarity, name = found.match
    return Row("who", name, f"similarity {similarity:.1f}", spans, face=face)


def faces(found: Iterable[Json]) -> list[Row]:
    """Where nobody was searched for: that there are faces."""
    times = sorted({one["Timestamp"] for one in found})
    spans = merged(times, FACE_STEP_MS, FACE_GAP_MS)
    return [Row("who", "faces", "nobody was searched for", spans, known=False)] if times else []


def labels(segments: Iterable[Json]) -> list[Row]:
    """The labels that hold longest."""
    spans: dict[str, list[Span]] = {}
    surest: dict[str, float] = {}
    for one in segments:
        name, sure = one["Label"]["Name"], one["Label"]["Confidence"]
        spans.setdefault(name, []).append((one["StartTimestampMillis"], one["EndTimestampMillis"]))
        surest[name] = max(surest.get(name, 0.0), sure)
    rows = [Row("labels", n, f"up to {surest[n]:.0f}%", spans[n]) for n in spans]
    return sorted(rows, key=lambda row: -row.lasts_ms)[:MOST_LABELS]


def text(detections: Iterable[Json]) -> list[Row]:
    """Each line that was read, by when it comes first."""
    times: dict[str, list[int]] = {}
    for one in detections:
        if one["TextDetection"]["Type"] == "LINE":
            read = times.setdefault(one["TextDetection"]["DetectedText"], [])
            read += [one["Timestamp"]] if one["Timestamp"] not in read[-1:] else []
    rows = [
        Row("text", line, "", merged(read, TEXT_STEP_MS, 2 * TEXT_STEP_MS))
        for line, read in times.items()
    ]
    longest = sorted(rows, key=lambda row: -row.lasts_ms)[:MOST_TEXTS]
    return sorted(longest, key=lambda row: row.spans[0])


def segments(found: Iterable[Json]) -> list[Row]:
    """One row for all shots, one for each kind of technical cue."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for one in found:
        cue = one.get("TechnicalCueSegment", {}).get("Type")
        row = ("cues", cue) if cue else ("shots", "shots")
        spans.setdefault(row, []).append((one["StartTimestampMillis"], one["EndTimestampMillis"]))
    return [Row(kind, name, f"{len(of)} in all", of) for (kind, name), of in sorted(spans.items())]


def merged(times_ms: Sequence[int], step_ms: int, gap_ms: int) -> list[Span]:
    """Looks at these times, in order, as spans."""
    spans: list[Span] = []
    for at in times_ms:
        if spans and at - spans[-1][1] <= gap_ms:
            spans[-1] = (spans[-1][0], at + step_ms)
        else:
            spans.append((at, at + step_ms))
    return spans
