"""Which people and pets a label processor has in view, and in which of its regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2

from beholden.analysis.labels import LabelAnalysis
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance
from beholden.operations import _present
from beholden.operations._regions import corners
from beholden.operations.stream_labels import KINDS

# Developer guide: MinConfidence, where none is given.
DEFAULT_CONFIDENCE_PCT = 50.0


class Sight:
    """`request` is what the processor was created with."""

    def __init__(self, labels: LabelAnalysis, request: Mapping[str, Any]) -> None:
        home = request["Settings"]["ConnectedHome"]
        self._labels = labels
        self._least = float(home.get("MinConfidence", DEFAULT_CONFIDENCE_PCT)) / 100
        self._regions = [corners(region) for region in request.get("RegionsOfInterest", ())]
        self.kinds = kinds(request)

    def of(self, image: Image) -> dict[str, list[Instance]]:
        """The kinds in view, each with its instances in any region, the surest first."""
        seen = self._labels.objects(image)
        found = {
            kind: [
                one
                for name in KINDS[kind]
                for one in seen.get(name, ())
                if one.confidence >= self._least and self._inside(one.box_px, image)
            ]
            for kind in self.kinds
        }
        return {
            kind: sorted(instances, key=lambda one: -one.confidence)
            for kind, instances in found.items()
            if instances
        }

    @property
    def regions(self) -> int:
        return len(self._regions)

    def in_regions(self, box_px: Box, image: Image) -> list[bool]:
        """Of each region, whether the centre of a box is in it."""
        centre = _present.box_ratio(box_px, image).centre
        return [
            cv2.pointPolygonTest(region, (centre.x, centre.y), False) >= 0
            for region in self._regions
        ]

    def _inside(self, box_px: Box, image: Image) -> bool:
        return not self._regions or any(self.in_regions(box_px, image))


def kinds(request: Mapping[str, Any]) -> list[str]:
    """Those that a processor looks for."""
    asked = request["Settings"]["ConnectedHome"]["Labels"]
    return [kind for kind in KINDS if {kind, "ALL"} & set(asked)]
