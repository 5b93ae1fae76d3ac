"""Whether two runs of the benchmarks agree: their figures, side by side.

    python -m benchmarks --compare OLD NEW

The same figure is the number at the same place of the same line, the numbers of which are left out
to find it. A difference of one unit in the last digit that is shown is none. Differences are
relative to the larger of the two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Figure:
    line: str
    text: str

    @property
    def value(self) -> float:
        return float(self.text.replace(",", ""))

    @property
    def unit(self) -> float:
        """One in the last digit that is shown."""
        digits, _, exponent = self.text.partition("e")
        return float(10.0 ** (int(exponent or 0) - len(digits.partition(".")[2])))


@dataclass(frozen=True)
class Difference:
    """Of a figure in two runs; `share` is of the larger one."""

    share: float
    old: Figure
    new: Figure

    def __str__(self) -> str:
        return f"{self.share:.0%}: {self.new.line} (before: {self.old.text}, now {self.new.text})"


@dataclass(frozen=True)
class Agreement:
    """`differences` of the figures that are not the same, the largest first."""

    figures: int
    differences: list[Difference]
    noise: float

    @property
    def beyond(self) -> list[Difference]:
        return [one for one in self.differences if one.share > self.noise]

    def __str__(self) -> str:
        same = self.figures - len(self.differences)
        told = f"{self.figures} figures, {same} of them the same"
        if self.differences:
            middle = median(one.share for one in self.differences)
            told += f", the others {middle:.1%} apart (median)"
        within = f"{len(self.beyond)} beyond" if self.beyond else "all within"
        return f"{told}; {within} the stated noise of {self.noise:.0%}"


def agreement(old: str, new: str, noise: float) -> Agreement:
    """How far the figures of two outputs of one benchmark agree."""
    before, now = dict(_figures(old)), dict(_figures(new))
    both = [_difference(before[place], now[place]) for place in before.keys() & now.keys()]
    apart = [one for one in both if one.share]
    return Agreement(len(both), sorted(apart, key=lambda one: one.share, reverse=True), noise)


def _difference(old: Figure, new: Figure) -> Difference:
    apart, unit = abs(old.value - new.value), max(old.unit, new.unit)
    share = 0.0 if apart < 1.01 * unit else apart / max(old.value, new.value)
    return Difference(share, old, new)


def _figures(output: str) -> Iterator[tuple[tuple[str, int, int], Figure]]:
    seen: Counter[str] = Counter()
    for line in output.splitlines():
        shape = " ".join(NUMBER.sub("#", line).split())
        for place, found in enumerate(NUMBER.finditer(line)):
            yield (shape, seen[shape], place), Figure(" ".join(line.split()), found[0])
        seen[shape] += 1
