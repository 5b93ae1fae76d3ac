"""The COCO protocol, as pycocotools computes it (Lin et al., "Microsoft COCO", ECCV 2014)."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from beholden.domain.arrays import Int64
from beholden.evaluation.boxes import BoxList
from beholden.evaluation.observe import Observation
from beholden.evaluation.rates import Estimate, Float64, middle_95
from beholden.evaluation.resampling import SEED

MOST_BOXES = 100
AREAS = ("all", "small", "medium", "large")
IOU = 0.5
# Each accumulates everything anew: a tenth of a second for 200 pictures of 80 kinds.
REPLICATES = 200


@dataclass(frozen=True, slots=True)
class Matched:
    """One box that counts, found or of the list. `confidence` (0..1) is of a found one, None of one
    of the list. `like` is the confidence of the found box, of the same kind with an IoU of 0.5,
    that it makes a pair with; None if there is none. `bbox` is in pixels of the list: left, top,
    width, height."""

    kind: str
    confidence: float | None
    like: float | None
    bbox: tuple[float, ...]

    @property
    def right(self) -> bool:
        return self.like is not None


class CocoProtocol:
    """Found boxes against true ones."""

    def __init__(self, boxes: BoxList, seen: Sequence[Observation]) -> None:
        self.kinds = boxes.kinds
        found = {**boxes.truth, "annotations": list(_rows(boxes, seen))}
        with _silence():
            self._run = COCOeval(_indexed(boxes.truth), _indexed(found), "bbox")
            self._run.params.maxDets = [MOST_BOXES]
            self._run.evaluate()
        self._precision = _precision(self._run)

    def average_precision(
        self, iou: float | None = None, kind: str | None = None, area: str = "all"
    ) -> float | None:
        """AP at an IoU, or the mean of those from .50 to .95; of a kind, or the mean of all; None
        where the list has none such."""
        kinds = slice(None) if kind is None else self.kinds.index(kind)
        return _mean(self._precision[self._at(iou), :, kinds, AREAS.index(area)])

    def estimates(self, ious: Sequence[float | None]) -> list[Estimate | None]:
        """The average precision over all kinds at each IoU, with bootstrap intervals."""
        rng, images = np.random.default_rng(SEED), len(self._run.params.imgIds)
        draws = rng.integers(images, size=(REPLICATES, images))
        samples = [_precision(self._drawn(draw)) for draw in draws]
        return [self._estimate(iou, samples) for iou in ious]

    def _estimate(self, iou: float | None, samples: Sequence[Float64]) -> Estimate | None:
        value = self.average_precision(iou)
        if value is None:
            return None
        means = [_mean(precision[self._at(iou), :, :, 0]) for precision in samples]
        return Estimate(value, *middle_95(np.array(means, np.float64)))

    def matched(self, image: int) -> Iterator[Matched]:
        """The boxes of a row of the list that count, those found of each kind the surest first."""
        run, images = self._run, len(self._run.params.imgIds)
        firsts = range(0, len(run.evalImgs), images * len(AREAS))
        for kind, first in zip(self.kinds, firsts, strict=True):
            if one := run.evalImgs[first + image]:
                yield from self._found(kind, one)
                yield from self._true(kind, one)

    def _found(self, kind: str, one: Mapping[str, Any]) -> Iterator[Matched]:
        rows = zip(
            one["dtIds"], one["dtScores"], one["dtMatches"][0], one["dtIgnore"][0], strict=True
        )
        for number, score, match, ignored in rows:
            if not ignored:
                bbox = self._run.cocoDt.anns[number]["bbox"]
                yield Matched(kind, float(score), float(score) if match else None, tuple(bbox))

    def _true(self, kind: str, one: Mapping[str, Any]) -> Iterator[Matched]:
        rows = zip(one["gtIds"], one["gtMatches"][0], one["gtIgnore"], strict=True)
        for number, match, ignored in rows:
            if not ignored:
                bbox = self._run.cocoGt.anns[number]["bbox"]
                like = self._run.cocoDt.anns[int(match)]["score"] if match else None
                yield Matched(kind, None, like, tuple(bbox))

    def _at(self, iou: float | None) -> Any:
        ious = self._run.params.iouThrs
        return slice(None) if iou is None else int(np.argmin(np.abs(ious - iou)))

    def _drawn(self, draw: Int64) -> COCOeval:
        """The run as if the list had these images, things of every size together."""
        sample, images = copy.copy(self._run), len(draw)
        sample.params = copy.copy(self._run.params)
        sample.params.areaRng = sample.params.areaRng[:1]
        sample._paramsEval = sample.params
        firsts = range(0, len(self._run.evalImgs), images * len(AREAS))
        sample.evalImgs = [self._run.evalImgs[first + n] for first in firsts for n in draw.tolist()]
        return sample


def _indexed(dataset: Mapping[str, Any]) -> COCO:
    made = COCO()
    made.dataset = dataset
    made.createIndex()
    return made


def _rows(boxes: BoxList, seen: Sequence[Observation]) -> Iterator[dict[str, Any]]:
    """What was found of the list's kinds, in pixels of the list."""
    number = {kind: n for n, kind in enumerate(boxes.kinds, 1)}
    ids = count(1)
    for image, one in zip(boxes.truth["images"], seen, strict=True):
        for found in one.found:
            if found.place_px and found.what in number:
                scale = np.divide((image["width"], image["height"]) * 2, one.size * 2)
                box = (np.array(found.place_px) * scale).tolist()
                yield {
                    "id": next(ids),
                    "image_id": image["id"],
                    "category_id": number[found.what],
                    "bbox": box,
                    "area": box[2] * box[3],
                    "score": found.confidence,
                    "iscrowd": 0,
                }


def _precision(run: COCOeval) -> Float64:
    """(IoUs, recalls, kinds, areas) precision, -1 where the list has nothing to find."""
    with _silence():
        run.accumulate()
    return np.asarray(run.eval["precision"][..., 0], np.float64)


def _mean(precision: Float64) -> float | None:
    there = precision[precision > -1]
    return float(there.mean()) if there.size else None


def _silence() -> contextlib.redirect_stdout[io.StringIO]:
    """Without the progress that pycocotools tells on stdout, which is for JSON here."""
    return contextlib.redirect_stdout(io.StringIO())
