"""Segments of a video: shots, and technical cues such as black frames or credits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cue(StrEnum):
    """The technical cues that are told; Rekognition knows StudioLogo, too."""

    BLACK_FRAMES = "BlackFrames"
    COLOR_BARS = "ColorBars"
    OPENING_CREDITS = "OpeningCredits"
    END_CREDITS = "EndCredits"
    SLATE = "Slate"
    CONTENT = "Content"


@dataclass(frozen=True, slots=True)
class Shot:
    """The frames from `first` to `last`, both included, counted from 0; `confidence` is 0..1."""

    first: int
    last: int
    confidence: float


@dataclass(frozen=True, slots=True)
class TechnicalCue:
    """The frames from `first` to `last`, both included, counted from 0; `confidence` is 0..1."""

    kind: Cue
    first: int
    last: int
    confidence: float
