"""What was seen in one live picture, for people to look at."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from beholden.domain.geometry import Box
from beholden.domain.image import Image


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in a picture. `track` is the same from picture to picture; `name` is whom it was
    released as, None of anybody else: somebody unknown, or a match that two people still judge.
    `ids` are the face ids and ExternalImageIds of all that it was released as."""

    track: Hashable
    box_px: Box
    name: str | None = None
    similarity_pct: float = 0.0
    ids: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        return self.name is not None


@dataclass(frozen=True, slots=True)
class Look:
    """A picture that was looked at, and every face that was found in it. `timestamp_ms` counts by a
    clock that never jumps. `possible_px` is wherever there may be a face, too."""

    image: Image
    received_at: datetime
    timestamp_ms: int
    faces: tuple[SeenFace, ...] = ()
    possible_px: tuple[Box, ...] = ()
