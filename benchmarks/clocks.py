"""Seconds by the clock and of the processor: the latter hold on a machine that others use too."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeVar

# By the clock, and of the processor.
Spent = tuple[float, float]
Made = TypeVar("Made")


def timed(work: Callable[[], Made]) -> tuple[Made, Spent]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, (time.perf_counter() - wall, time.process_time() - cpu)


def spent(work: Callable[[], object]) -> Spent:
    return timed(work)[1]


def medians(taken: Sequence[Spent]) -> str:
    """In milliseconds, both."""
    wall, cpu = (median(seconds) * 1e3 for seconds in zip(*taken, strict=True))
    return f"{wall:.3g} ms (CPU {cpu:.3g})"
