"""What a processor sees, for people: its camera's pictures, with whoever was found named and
whoever else is in them unrecognisable. Each is shown one look late, when the next one is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pillow

from beholden.analysis.drawing import jpeg, outline
from beholden.analysis.privacy import Veil, Veiled
from beholden.analysis.tracks import GAP_MS
from beholden.domain.geometry import Box
from beholden.domain.look import Look, SeenFace
from beholden.ports.clock import Clock
from beholden.ports.live import Seen
from beholden.streams.feed import Audience
from beholden.streams.recording import Recording

KNOWN, UNKNOWN = "#0f766e", "#8a94a0"
# The longer side of what is shown: in between, pictures keep their size.
LEAST_SIDE_PX, MOST_SIDE_PX = 640, 1280
# By name: since when somebody has been there, and at how many ms they were seen last.
Since = dict[str, tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as JPEG, and in JSON who is in it and how late that is known."""

    jpeg: bytes
    told: bytes


class LiveScreen:
    """Implements ports.live.Screen for one start of a processor. `marks_unknown` frames those who
    are unrecognisable, too."""

    def __init__(
        self,
        processor: str,
        audience: Audience[Shown],
        clock: Clock,
        recording: Recording | None,
        *,
        marks_unknown: bool,
    ) -> None:
        self._processor = processor
        self._audience = audience
        self._clock = clock
        self._recording = recording
        self._marks_unknown = marks_unknown
        self._veil = Veil()
        self._since: Since = {}

    def show(self, seen: Seen, faces: tuple[SeenFace, ...]) -> None:
        before, self._since = self._since, self._noted(seen, faces)
        watched = self._audience.there(self._processor)
        if not watched and self._recording is None:
            self._veil = Veil()
            return
        veiled = self._veil.next(
            Look(seen.picture(), seen.received_at, seen.timestamp_ms, faces, seen.possible_faces())
        )
        if veiled is None:
            return
        picture, look = self._picture(veiled), veiled.look
        if watched:
            self._audience.show(self._processor, Shown(jpeg(picture), self._told(look, before)))
        if self._recording is not None:
            ids = frozenset[str]().union(*(face.ids for face in look.faces))
            self._recording.add(np.asarray(picture), look.received_at, look.timestamp_ms, ids)

    def close(self, *, keep: bool) -> None:
        if self._recording is not None:
            self._recording.close(keep=keep)

    def summary(self) -> dict[str, object]:
        if self._recording is None:
            return {}
        return {"recordings": self._recording.kept, "recordings_lost": self._recording.lost}

    def _noted(self, seen: Seen, faces: Sequence[SeenFace]) -> Since:
        """Whoever was away for longer than a track lasts is gone, and comes anew."""
        at_ms = seen.timestamp_ms
        noted = {
            name: (since, last_ms)
            for name, (since, last_ms) in self._since.items()
            if at_ms - last_ms <= GAP_MS
        }
        for face in _known(faces):
            since, _ = noted.get(str(face.name), (seen.received_at, at_ms))
            noted[str(face.name)] = (since, at_ms)
        return noted

    def _picture(self, veiled: Veiled) -> Pillow.Image:
        image = veiled.look.image
        side = max(image.width_px, image.height_px)
        scale = min(max(side, LEAST_SIDE_PX), MOST_SIDE_PX) / side
        picture = Pillow.fromarray(_resized(veiled.pixels(), scale))
        for face in veiled.look.faces:
            if face.known:
                label = f"{face.name} {face.similarity_pct:.1f}"
                outline(picture, _scaled(face.box_px, scale), label, KNOWN)
            elif self._marks_unknown:
                outline(picture, _scaled(face.box_px, scale), "", UNKNOWN)
        return picture

    def _told(self, look: Look, since: Since) -> bytes:
        late = self._clock.now() - look.received_at
        told: dict[str, Any] = {
            "At": look.received_at.isoformat(),
            "LateMs": round(late / timedelta(milliseconds=1)),
            "People": [
                {
                    "Name": face.name,
                    "Similarity": round(face.similarity_pct, 1),
                    "Since": since[str(face.name)][0].isoformat(),
                }
                for face in _known(look.faces)
            ],
        }
        if self._marks_unknown:
            told["Unknown"] = sum(not face.known for face in look.faces)
        return json.dumps(told).encode()


def _resized(pixels: Any, scale: float) -> Any:
    if scale == 1:
        return pixels
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)


def _known(faces: Sequence[SeenFace]) -> list[SeenFace]:
    return [face for face in faces if face.known]


def _scaled(box: Box, by: float) -> Box:
    return Box(box.left * by, box.top * by, box.width * by, box.height * by)
