"""From people's tracks within segments to their paths through the whole video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from beholden.analysis.people import FITS, GAP_MS, LEAST_OVERLAP, near, overlapping
from beholden.domain.arrays import Float32
from beholden.domain.geometry import Box

# Faces whose cosine is less than this are not of one person, whatever they wear.
OTHER_PERSON = 0.25
# Anywhere in the video, clothes alone must be so alike.
SAME_CLOTHES = 0.9
# Clothes tell little of whoever was not seen for longer.
SAME_CLOTHES_MS = 60_000


@dataclass(slots=True, eq=False)
class Path:
    """One person, as they were seen last; the best view of their face so far."""

    last_ms: int
    box_px: Box
    clothes: Float32
    face_worth: float
    template: Float32 | None

    @staticmethod
    def of(track: Mapping[str, Any]) -> Path:
        template = track["template"]
        return Path(
            track["last_ms"],
            Box(*track["last_box_px"]),
            np.array(track["clothes"], np.float32),
            track["face_worth"],
            None if template is None else np.array(template, np.float32),
        )


class Paths:
    """Takes track after track, as they begin. `same_score` is the cosine from which two faces are
    one person's, wherever in the video they are."""

    def __init__(self, same_score: float) -> None:
        self._same_score = same_score
        self._paths: list[Path] = []

    @property
    def count(self) -> int:
        return len(self._paths)

    def index(self, track: Mapping[str, Any]) -> int:
        """Whose track this is: of somebody who was seen before it began, or of somebody new."""
        new, first = Path.of(track), (track["first_ms"], Box(*track["first_box_px"]))
        fits = [self._fit(path, new, first) for path in self._paths]
        best = int(np.argmax(fits)) if fits else -1
        if best < 0 or fits[best] <= 0:
            self._paths.append(new)
            return len(self._paths) - 1
        path = self._paths[best]
        if path.face_worth > new.face_worth:
            new.face_worth, new.template = path.face_worth, path.template
        self._paths[best] = new
        return best

    def _fit(self, path: Path, new: Path, first: tuple[int, Box]) -> float:
        """How well a track goes on with a path, 0 if it cannot."""
        gap_ms = first[0] - path.last_ms
        if gap_ms <= 0:
            return 0.0
        alike = float(path.clothes @ new.clothes)
        if path.template is not None and new.template is not None:
            score = float(path.template @ new.template)
            if score >= self._same_score:
                return 3 + score
            if score < OTHER_PERSON:
                return 0.0
        if gap_ms <= GAP_MS and _there(path.box_px, first[1], gap_ms) and alike >= FITS:
            return 1 + alike + overlapping(path.box_px, first[1])
        return alike if alike >= SAME_CLOTHES and gap_ms <= SAME_CLOTHES_MS else 0.0


def _there(before: Box, after: Box, gap_ms: int) -> bool:
    return overlapping(before, after) >= LEAST_OVERLAP or near(before, after, gap_ms / 1000)
