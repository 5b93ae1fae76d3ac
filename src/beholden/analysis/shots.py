"""Shots: where one picture gives way to another, at once or through black.

A frame is compared with the two before it, as 32 x 18 pixels in CIELAB. At a cut it is far from
both, much further than its neighbours are from theirs: what PySceneDetect's AdaptiveDetector asks,
too, of larger pictures. Numbers beside its own: docs/decisions/0026-segments.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from beholden.analysis.runs import runs
from beholden.domain.arrays import Float32
from beholden.domain.segment import Shot

# A frame is compared with so many before it.
LAGS = 2
# Frames on each side that tell how much goes on anyway.
AROUND = 2
# By so much a change exceeds what goes on for an even chance that it is a cut; and for odds of e.
EVEN, STEP = 18.0, 2.5
# A thumbnail of less lightness, 0..255, is black; a picture fades in or out of it over some frames.
BLACK_LEVEL = 8.0
NEVER = 0.5


def cut_chances(change: Float32, change_2: Float32) -> Float32:
    """(n,) 0..1 that a shot begins with each frame. `change` is how far it is from the frame
    before, `change_2` from the one before that; 0 where there is none."""
    after = np.append(change_2[1:], np.inf)[: len(change)]
    before = np.concatenate((change[:LAGS], change_2[LAGS:]))
    # After a flash, the picture is what it was before.
    lasting = np.minimum(np.minimum(change, after), before)
    excess = lasting - _around(change)
    chances: Float32 = (1 / (1 + np.exp(-(excess - EVEN) / STEP))).astype(np.float32)
    chances[:1] = 0
    return chances


def _around(change: Float32) -> Float32:
    """(n,) The mean change of up to `AROUND` frames on each side."""
    window = np.ones(2 * AROUND + 1)
    window[AROUND] = 0
    count = np.convolve(np.ones(len(change)), window)[AROUND:-AROUND]
    total = np.convolve(change, window)[AROUND:-AROUND]
    around: Float32 = (total / np.maximum(count, 1)).astype(np.float32)
    return around


def shots(chances: Float32, level: Float32) -> list[Shot]:
    """The video as shots, in order. `level` (n,) is each frame's mean lightness, 0..255.

    A shot is as sure as that it begins, that it ends, and that no other begins within it.
    """
    edges = {0: 1.0, len(chances): 1.0}
    edges |= {int(i): float(chances[i]) for i in np.flatnonzero(chances >= NEVER)}
    edges |= dict(_fades(level, sorted(edges)))
    found = []
    for first, end in zip(sorted(edges)[:-1], sorted(edges)[1:], strict=True):
        inside = float(chances[first + 1 : end].max(initial=0.0))
        found.append(Shot(first, end - 1, min(edges[first], edges[end], 1 - inside)))
    return found


def _fades(level: Float32, cuts: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Where a shot begins in the middle of black that no cut leads to or from, and how black."""
    for first, end in runs(level < BLACK_LEVEL):
        if first > 0 and end < len(level) and not any(first <= cut <= end for cut in cuts):
            yield (first + end) // 2, float(1 - level[first:end].min() / BLACK_LEVEL)
