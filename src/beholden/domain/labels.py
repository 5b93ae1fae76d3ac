"""What a picture shows: objects with boxes, labels, content to moderate, colours and light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from beholden.domain.geometry import Box


@dataclass(frozen=True, slots=True)
class ObjectDetection:
    """One object. `kind` is the detector's own name for it; `confidence` is 0..1."""

    kind: str
    box_px: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Instance:
    """Where one object stands; `confidence` 0..1 is that a box of this kind is right."""

    box_px: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class LabelName:
    """One entry of a taxonomy: `parents` are all labels above it, the nearest first."""

    name: str
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A label that holds of the picture with `confidence`, 0..1."""

    named: LabelName
    confidence: float
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True, slots=True)
class ModerationLabel:
    """Content to look at before showing it. `level` is 1 to 3; `parent` is empty at level 1."""

    name: str
    parent: str
    level: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Moderation:
    """`content_types` are Illustrated or Animated with a confidence 0..1, if they hold."""

    labels: tuple[ModerationLabel, ...]
    content_types: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Colour:
    """A dominant colour: 8-bit RGB and the share of pixels (0..1) that it stands for."""

    rgb: tuple[int, int, int]
    css_name: str
    simplified: str
    share: float


@dataclass(frozen=True, slots=True)
class Light:
    """Brightness, sharpness and contrast, each 0..100."""

    brightness_pct: float
    sharpness_pct: float
    contrast_pct: float


@dataclass(frozen=True, slots=True)
class Appearance:
    """Light and dominant colours, the largest share first, of a picture or a part of it."""

    light: Light
    colours: tuple[Colour, ...]


@dataclass(frozen=True, slots=True)
class ImageProperties:
    """The whole picture, and its parts where it has both."""

    whole: Appearance
    foreground: Appearance | None = None
    background: Appearance | None = None
