"""Seconds by the clock and of the processor: the latter hold on a machine that others use too.

And how a figure is written, so that whoever reads it, and benchmarks/agreement.py, know its noise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TypeVar

import numpy as np

# By the clock, and of the processor.
Spent = tuple[float, float]
Made = TypeVar("Made")
ROUNDS = 5


def timed(work: Callable[[], Made]) -> tuple[Made, Spent]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, (time.perf_counter() - wall, time.process_time() - cpu)


def spent(work: Callable[[], object]) -> Spent:
    return timed(work)[1]


def in_turns(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, np.ndarray]:
    """Seconds of each, (2, rounds) by the clock and of the processor, after a round to warm up."""
    taken: dict[str, list[Spent]] = {name: [] for name in works}
    for turn in range(-1, rounds):
        for name, work in works.items():
            both = spent(work)
            if turn >= 0:
                taken[name].append(both)
    return {name: np.transpose(each) for name, each in taken.items()}


def ranged(taken: Sequence[float] | np.ndarray, form: str = "") -> str:
    """The median, and in brackets the least and the most of the medians of five rounds, which are
    the fifths of `taken` in their order."""
    rounds = [median(part) for part in np.array_split(taken, min(ROUNDS, len(taken)))]
    middle, least, most = (
        format(value, form) if form else short(value)
        for value in (median(taken), min(rounds), max(rounds))
    )
    return f"{middle} [{least}, {most}]"


def once(value: float, form: str = "") -> str:
    """Of what was measured a single time."""
    return f"~{format(value, form) if form else short(value)}"


def short(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def medians(taken: Sequence[Spent]) -> str:
    """In milliseconds, both; measured once if there is one."""
    wall, cpu = ([1e3 * each for each in clock] for clock in zip(*taken, strict=True))
    told = ranged if len(taken) > 1 else lambda values: once(values[0])
    return f"{told(wall)} ms (CPU {told(cpu)})"
