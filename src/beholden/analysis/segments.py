"""Measures of frames, taken part by part of a video and joined as if it had never been parted."""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from beholden.analysis.cues import SLOT_MS, Screens
from beholden.analysis.shots import LAGS
from beholden.domain.arrays import Float32, Int64, UInt8
from beholden.vision.screens import THUMB_PX, change

Json = dict[str, Any]

DIGITS = 5


@dataclass(slots=True)
class FrameMeasures:
    """Those of one part. The thumbnails of its ends are kept, for its neighbours' sake."""

    times_ms: list[int] = field(default_factory=list)
    changes: list[list[float]] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    screens: list[tuple[float, float, float]] = field(default_factory=list)
    texts: list[tuple[int, Sequence[str]]] = field(default_factory=list)
    first: list[UInt8] = field(default_factory=list)
    last: list[UInt8] = field(default_factory=list)

    def add(self, at_ms: int, thumb: UInt8) -> None:
        """The next frame, by its thumbnail (18, 32, 3)."""
        self.times_ms.append(at_ms)
        self.changes.append(_changes(self.last, thumb))
        self.levels.append(float(thumb[:, :, 0].mean()))
        if len(self.first) < LAGS:
            self.first.append(thumb)
        self.last = [*self.last, thumb][-LAGS:]

    def add_screen(self, black: float, ground: float, bars: float) -> None:
        """Of the frame that was added last: see cues.Screens."""
        self.screens.append((black, ground, bars))

    def add_text(self, lines: Sequence[str]) -> None:
        """What the frame that was added last was read to say."""
        self.texts.append((len(self.times_ms) - 1, lines))

    def part(self) -> Json:
        return {
            "times_ms": self.times_ms,
            "changes": _rounded(self.changes),
            "levels": _rounded(self.levels),
            "screens": _rounded(self.screens),
            "texts": self.texts,
            "first": [_packed(thumb) for thumb in self.first],
            "last": [_packed(thumb) for thumb in self.last],
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """A whole video, each array (n,): media times, how far each frame is from the one before and
    from the one before that (0 where there is none), and its mean lightness, 0..255."""

    times_ms: Int64
    change: Float32
    change_2: Float32
    level: Float32
    screens: Screens


def join(parts: Iterable[Mapping[str, Any]], frame_rate: float) -> Measured:
    """Every part in order. What is kept of a frame are seven numbers."""
    times_ms = array("q")
    rows = array("f")
    texts: dict[int, Sequence[str]] = {}
    last: list[UInt8] = []
    slot = -1
    for part in parts:
        for no, lines in part["texts"]:
            at = part["times_ms"][no] // SLOT_MS
            if at != slot:  # else its first lettered frame was read in the part before
                texts[len(times_ms) + no] = lines
            slot = at
        rows.frombytes(_rows(part, last).tobytes())
        times_ms.extend(part["times_ms"])
        last = [*last, *map(_unpacked, part["last"])][-LAGS:]
    columns = np.frombuffer(rows, np.float32).reshape(-1, 6).T
    change, change_2, level, black, ground, bars = columns
    screens = Screens(black, ground, bars, texts, frame_rate)
    return Measured(np.frombuffer(times_ms, np.int64), change, change_2, level, screens)


def _rows(part: Mapping[str, Any], before: Sequence[UInt8]) -> Float32:
    """(n, 6): the two changes, level, black, ground, bars; the last three 0 if not measured."""
    rows = np.zeros((len(part["times_ms"]), 6), np.float32)
    if not len(rows):
        return rows
    rows[:, :LAGS] = part["changes"]
    rows[:, LAGS] = part["levels"]
    if part["screens"]:
        rows[:, LAGS + 1 :] = part["screens"]
    known = list(before)
    for no, thumb in enumerate(map(_unpacked, part["first"])):
        rows[no, :LAGS] = _changes(known[-LAGS:], thumb)
        known.append(thumb)
    return rows


def _changes(before: Sequence[UInt8], thumb: UInt8) -> list[float]:
    """How far a thumbnail is from the last of those before it, and from the last but one."""
    found = [change(one, thumb) for one in reversed(before)]
    return found + [0.0] * (LAGS - len(found))


def _rounded(values: Sequence[Any]) -> list[Any]:
    rounded: list[Any] = np.round(np.array(values, float), DIGITS).tolist()
    return rounded


def _packed(thumb: UInt8) -> str:
    return b64encode(thumb.tobytes()).decode()


def _unpacked(packed: str) -> UInt8:
    return np.frombuffer(b64decode(packed), np.uint8).reshape(*THUMB_PX[::-1], 3)
