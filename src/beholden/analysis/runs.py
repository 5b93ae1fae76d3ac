"""Runs of frames for which something holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Run = tuple[int, int]
"""First frame, and the one after the last."""


def runs(holds: NDArray[np.bool_]) -> list[Run]:
    """Each stretch of frames for which it holds without a break, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], holds, [False])).astype(np.int8)))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def joined(parts: Sequence[Run], bridges: NDArray[np.bool_], longest: int) -> list[Run]:
    """Runs with those in one that fewer than `longest` frames part, each of which `bridges`."""
    whole: list[Run] = []
    for first, end in parts:
        gap = bridges[whole[-1][1] : first] if whole else bridges[:0]
        if whole and len(gap) < longest and gap.all():
            whole[-1] = (whole[-1][0], end)
        else:
            whole.append((first, end))
    return whole
