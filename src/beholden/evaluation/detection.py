"""Boxes against boxes by the COCO protocol: faces, and objects by their labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from beholden.domain.arrays import Int64
from beholden.evaluation.boxes import BoxList
from beholden.evaluation.coco import AREAS, IOU, CocoProtocol, Matched
from beholden.evaluation.counts import Counts, by_group, rates
from beholden.evaluation.groups import Gap, Group, GroupRate, gaps_of
from beholden.evaluation.observe import Observation
from beholden.evaluation.rates import Estimate, Rate
from beholden.evaluation.reliability import Reliability, reliability
from beholden.evaluation.strays import Mark, Stray, Verdict, worst

NOTABLE_MISS = 0.1
# Points of the curve that is drawn: more do not show.
CURVE_POINTS = 500

Matches = Sequence[Sequence[Matched]]
"""The boxes of each image that count."""


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    confidence: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Kind:
    """What is measured of one kind of thing; `ap` and `ap50` as of all."""

    kind: str
    boxes: int
    ap: float | None
    ap50: float | None
    missed: Rate
    false: Rate


@dataclass(frozen=True, slots=True)
class Detection:
    """`ap` is COCO's average precision, the mean over IoUs of .50 to .95, `ap50` that at .50, of
    everything found; `by_size` that of small (under 32 x 32 pixels), medium and large (from 96 x
    96) boxes. `missed` and `false` are of what is found with a confidence of at least
    `min_confidence` (0..1), at an IoU of .50: 1 - recall, and 1 - precision."""

    min_confidence: float
    boxes: int
    found: int
    missed: Rate
    false: Rate
    ap: Estimate | None
    ap50: Estimate | None
    by_size: Mapping[str, float | None]
    kinds: tuple[Kind, ...]
    unknown: tuple[str, ...]
    curve: tuple[PrecisionRecall, ...]
    reliability: tuple[Reliability, ...]
    mistakes: tuple[Stray, ...]
    groups: tuple[GroupRate, ...]
    gaps: tuple[Gap, ...]

    def headline(self) -> dict[str, Any]:
        return {
            "ap": self.ap and asdict(self.ap),
            "ap50": self.ap50 and asdict(self.ap50),
            "missed": asdict(self.missed),
            "false": asdict(self.false),
        }

    def shown(self) -> dict[int, tuple[Mark, ...]]:
        return {stray.image: stray.marks for stray in self.mistakes}

    def warnings(self) -> Iterator[str]:
        if (self.missed.rate or 0) > NOTABLE_MISS:
            yield f"{self.missed.rate:.0%} of the boxes in the list are not found."
        if self.unknown:
            yield f"Not counted, as nothing is ever found for them: {', '.join(self.unknown)}."


def judge_boxes(
    boxes: BoxList,
    seen: Sequence[Observation],
    groups: Sequence[Group] = (),
    min_confidence: float = 0.0,
) -> Detection:
    """Compare what was `seen` on each image with the list."""
    protocol = CocoProtocol(boxes, seen)
    matched = [list(protocol.matched(n)) for n in range(len(seen))]
    counts = _counts(matched, min_confidence)
    every = rates(counts)
    rows = by_group(counts, groups)
    ap, ap50 = protocol.estimates((None, IOU))
    return Detection(
        min_confidence=min_confidence,
        boxes=every["missed"].trials,
        found=every["false"].trials,
        missed=every["missed"],
        false=every["false"],
        ap=ap,
        ap50=ap50,
        by_size={area: protocol.average_precision(area=area) for area in AREAS[1:]},
        kinds=tuple(_kind(protocol, matched, kind, min_confidence) for kind in boxes.kinds),
        unknown=boxes.unknown,
        curve=tuple(_curve(matched)),
        reliability=tuple(_reliability(boxes, seen, matched, min_confidence)),
        mistakes=worst(_stray(boxes, n, row, min_confidence) for n, row in enumerate(matched)),
        groups=rows,
        gaps=tuple(gaps_of(rows)),
    )


def _shown(row: Sequence[Matched], least: float) -> list[Matched]:
    """What was found with so much confidence."""
    return [m for m in row if m.confidence is not None and m.confidence >= least]


def _counts(matched: Matches, least: float) -> Counts:
    shown = [_shown(row, least) for row in matched]
    there = _numbers(sum(m.confidence is None for m in row) for row in matched)
    given = _numbers(len(row) for row in shown)
    right = _numbers(sum(m.right for m in row) for row in shown)
    return {"missed": (there - right, there), "false": (given - right, given)}


def _numbers(values: Iterable[int]) -> Int64:
    return np.array(list(values), np.int64)


def _kind(protocol: CocoProtocol, matched: Matches, kind: str, least: float) -> Kind:
    every = rates(_counts([[m for m in row if m.kind == kind] for row in matched], least))
    ap, ap50 = (protocol.average_precision(iou, kind) for iou in (None, IOU))
    return Kind(kind, every["missed"].trials, ap, ap50, every["missed"], every["false"])


def _curve(matched: Matches) -> Iterator[PrecisionRecall]:
    """Over all kinds together, as the confidence falls."""
    boxes = [m for row in matched for m in row]
    found = sorted(_shown(boxes, 0.0), key=lambda m: -(m.confidence or 0))
    right = np.cumsum([m.right for m in found])
    total = max(1, len(boxes) - len(found))
    for n in range(0, len(found), max(1, len(found) // CURVE_POINTS)):
        confidence = found[n].confidence or 0.0
        yield PrecisionRecall(confidence, float(right[n] / (n + 1)), float(right[n] / total))


def _reliability(
    boxes: BoxList, seen: Sequence[Observation], matched: Matches, least: float
) -> Iterator[Reliability]:
    """Of boxes and, where labels were told of the pictures, of those that the list has boxes of."""
    found = [(m.confidence, m.right) for row in matched for m in row if m.confidence is not None]
    yield reliability("boxes", found, least)
    holds = {(a["image_id"] - 1, a["category_id"] - 1) for a in boxes.truth["annotations"]}
    told = [
        (one.confidence, (image, boxes.kinds.index(one.what)) in holds)
        for image, row in enumerate(seen)
        for one in row.found
        if not one.place_px and one.what in boxes.kinds
    ]
    if told:
        yield reliability("labels", told, least)


def _stray(boxes: BoxList, image: int, row: Sequence[Matched], least: float) -> Stray:
    """A box of the list that only an unsure box lies on is missed."""
    size = boxes.truth["images"][image]
    shown = _shown(row, least)
    marks = [
        Mark(Verdict.RIGHT if m.right else Verdict.WRONG, m.kind, _corners(m, size)) for m in shown
    ]
    for m in row:
        if m.confidence is None and (m.like is None or m.like < least):
            marks.append(Mark(Verdict.MISSED, m.kind, _corners(m, size)))
    return Stray.of(image, marks)


def _corners(matched: Matched, size: Mapping[str, float]) -> tuple[tuple[float, float], ...]:
    left, top, width, height = matched.bbox
    points = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    return tuple((x / size["width"], y / size["height"]) for x, y in points)
