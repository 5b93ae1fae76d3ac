"""Technical cues: black frames, colour bars, credits, slates; what is none of these is content.

Credits and slates are text on a plain ground, as long as it is not most of the video. Credits over
a moving picture and logos of studios are not told: no model here knows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beholden.analysis.runs import Run, joined, runs
from beholden.domain.arrays import Float32
from beholden.domain.segment import Cue, TechnicalCue

SLOT_MS = 1000
"""Of each slot of this length, the first lettered frame is read."""

LEAST_BARS = 0.5
# A lettered frame is so much of one colour, and so much of it is ink.
LEAST_GROUND, LEAST_INK = 0.75, 0.0005
# Text lasts so long at least, with so many lines in the mean; so many at once leave no doubt. Cards
# follow each other after so long a pause at most.
LEAST_S, PAUSE_S = 2.0, 2.0
FEWEST_LINES, MANY_LINES = 2.0, 4.0
MOST_OF_VIDEO = 0.5
# Before opening or after end credits there is so little else, of the whole.
LITTLE = 0.1
# Black of less time beside text, before it fades or rolls in, belongs to it.
MOMENT_S = 0.5
LEAST_CONTENT_S = 1.0
# What a slate tells: two of these at least begin its lines.
FIELD = re.compile(
    r"(title|episode|season|series|program|production|prod|director|client|agency|product|duration"
    r"|length|trt|date|version|format|aspect|audio|isci|ad-id|house|scene|take|roll|slate)\b",
    re.IGNORECASE,
)
FEWEST_FIELDS = 2


@dataclass(frozen=True, slots=True)
class Screens:
    """What was measured of each frame (n,): its share of black, of its ground, and how surely it
    shows bars, each 0..1. `texts` are the lines read, by the frame they were read in."""

    black: Float32
    ground: Float32
    bars: Float32
    texts: Mapping[int, Sequence[str]]
    frame_rate: float


def lettered(ground_share: float) -> bool:
    """Whether there may be text on a plain ground."""
    return LEAST_GROUND <= ground_share <= 1 - LEAST_INK


def cues(screens: Screens, least_black: float) -> list[TechnicalCue]:
    """By time. A frame is black if `least_black` of it is, 0..1, and there is no text on it."""
    bars = list(_bars(screens))
    taken = _covered(len(screens.black), bars)
    texts = list(_texts(screens, taken))
    taken |= _covered(len(screens.black), texts)
    dark = (screens.black >= least_black) & ~taken
    texts = [_with_moments(text, dark, taken, screens.frame_rate) for text in texts]
    taken |= _covered(len(screens.black), texts)
    black = [
        TechnicalCue(Cue.BLACK_FRAMES, first, end - 1, float(screens.black[first:end].mean()))
        for first, end in runs(dark & ~taken)
    ]
    taken |= _covered(len(screens.black), black)
    content = _content(screens, taken)
    return sorted([*bars, *texts, *black, *content], key=lambda cue: cue.first)


def _covered(frames: int, found: Iterable[TechnicalCue]) -> NDArray[np.bool_]:
    taken = np.zeros(frames, bool)
    for cue in found:
        taken[cue.first : cue.last + 1] = True
    return taken


def _bars(screens: Screens) -> Iterator[TechnicalCue]:
    for first, end in runs(screens.bars >= LEAST_BARS):
        confidence = float(screens.bars[first:end].mean())
        yield TechnicalCue(Cue.COLOR_BARS, first, end - 1, confidence)


def _texts(screens: Screens, taken: NDArray[np.bool_]) -> Iterator[TechnicalCue]:
    """Credits and slates."""
    plain = (screens.ground >= LEAST_GROUND) & ~taken
    inked = plain & (screens.ground <= 1 - LEAST_INK)
    rate = screens.frame_rate
    for run in joined(runs(inked), plain, round(PAUSE_S * rate)):
        if LEAST_S * rate <= run[1] - run[0] <= MOST_OF_VIDEO * len(plain):
            read = [lines for no, lines in screens.texts.items() if run[0] <= no < run[1]]
            lines = np.array([len(one) for one in read] or [0])
            kind = _kind(run, read, plain | taken)
            if kind is not None and lines.mean() >= FEWEST_LINES:
                sure = float((lines > 0).mean() * min(1.0, lines.max() / MANY_LINES))
                yield TechnicalCue(kind, run[0], run[1] - 1, sure)


def _kind(run: Run, read: Sequence[Sequence[str]], other: NDArray[np.bool_]) -> Cue | None:
    """What text is, by its place in the video and by its words; None for a title in the middle.
    `other` frames are not content."""
    before, after = (int((~part).sum()) for part in (other[: run[0]], other[run[1] :]))
    if after <= LITTLE * len(other) and before > after:
        return Cue.END_CREDITS
    if before > LITTLE * len(other):
        return None
    fields = max((sum(bool(FIELD.match(line)) for line in lines) for lines in read), default=0)
    return Cue.SLATE if fields >= FEWEST_FIELDS else Cue.OPENING_CREDITS


def _with_moments(
    text: TechnicalCue, dark: NDArray[np.bool_], taken: NDArray[np.bool_], rate: float
) -> TechnicalCue:
    """Text with the moments of black that it comes out of and goes into."""
    first, last = text.first, text.last
    for start, end in runs(dark & ~taken):
        if end - start < MOMENT_S * rate:
            first = start if end == text.first else first
            last = end - 1 if start == text.last + 1 else last
    return TechnicalCue(text.kind, first, last, text.confidence)


def _content(screens: Screens, taken: NDArray[np.bool_]) -> Iterator[TechnicalCue]:
    """What is left, as sure as few of its frames might be text or black."""
    inked = (screens.ground >= LEAST_GROUND) & (screens.ground <= 1 - LEAST_INK)
    for first, end in runs(~taken):
        if end - first >= min(LEAST_CONTENT_S * screens.frame_rate, len(taken)):
            doubtful = float(inked[first:end].mean())
            yield TechnicalCue(Cue.CONTENT, first, end - 1, 1 - doubtful / 2)
