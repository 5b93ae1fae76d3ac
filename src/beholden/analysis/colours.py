"""Dominant colours: groups of like pixels in CIE L*a*b*, named as CSS names them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from PIL import ImageColor

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.labels import Colour

# Groups that are found, where no more colours are wanted, and the difference (CIE76) under which
# two are one colour to the eye.
GROUPS = 12
SAME_DELTA = 10.0
ROUNDS = 12
SEED = 4
# So many pixels tell the shares to within a percent.
MOST_PIXELS = 10_000


def dominant_colours(pixels: UInt8, most: int) -> tuple[Colour, ...]:
    """At most `most` colours of `pixels` (n, 3) uint8 RGB, n > 0, the largest share first."""
    sample = pixels[:: max(1, len(pixels) // MOST_PIXELS)]
    lab = to_lab(sample)
    labels, centres = _groups(lab, max(GROUPS, most))
    counts = np.bincount(labels, minlength=len(centres)).tolist()
    merged = _merge(centres, counts)
    ranked = sorted(merged, key=lambda group: -group[1])[:most]
    return tuple(_colour(centre, count / len(lab)) for centre, count in ranked)


def to_lab(rgb: UInt8) -> Float32:
    """Colours (n, 3) uint8 RGB as CIE L*a*b*, (n, 3)."""
    scaled = rgb.reshape(-1, 1, 3).astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)[:, 0], np.float32)


def _groups(lab: Float32, most: int) -> tuple[Float32, Float32]:
    """k-means: the group of each pixel, (n,), and the groups' centres, (k, 3), k <= most."""
    k = min(most, len(np.unique(lab.round(), axis=0)))
    cv2.setRNGSeed(SEED)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, ROUNDS, 0.5)
    _, labels, centres = cv2.kmeans(lab, k, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    return labels[:, 0], centres


def _merge(centres: Float32, counts: Sequence[int]) -> list[tuple[Float32, int]]:
    """Join each group to a larger one that looks the same."""
    merged: list[tuple[Float32, int]] = []
    for n in sorted(range(len(counts)), key=lambda n: -counts[n]):
        centre, count = centres[n], counts[n]
        for place, (other, size) in enumerate(merged):
            if float(np.linalg.norm(centre - other)) < SAME_DELTA:
                weighted = (other * size + centre * count) / (size + count)
                merged[place] = (weighted, size + count)
                break
        else:
            merged.append((centre, count))
    return merged


def _colour(lab: Float32, share: float) -> Colour:
    rgb = cv2.cvtColor(lab.reshape(1, 1, 3), cv2.COLOR_LAB2RGB)[0, 0]
    red, green, blue = (round(255 * min(max(float(value), 0.0), 1.0)) for value in rgb)
    names, simplified, places = _css()
    nearest = int(np.argmin(np.linalg.norm(places - lab, axis=1)))
    return Colour((red, green, blue), names[nearest], simplified[nearest], share)


@cache
def _css() -> tuple[list[str], list[str], Float32]:
    """The names, the group of each, and where it stands in CIE L*a*b*, (n, 3)."""
    text = (files("beholden.analysis") / "colours.toml").read_text("utf-8")
    pairs = [(n, group) for group, row in tomllib.loads(text).items() for n in row.split()]
    rgb = np.array([ImageColor.getrgb(name) for name, _ in pairs], np.uint8)
    return [name for name, _ in pairs], [group for _, group in pairs], to_lab(rgb)
