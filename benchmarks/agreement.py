"""Whether two runs of the benchmarks agree: their figures, side by side.

    python -m benchmarks --compare OLD NEW

How a figure is written says how it was found, and so what agreement is:

- `12.3 [11.9, 13.0]` or `12.3 (11.9 to 13.0)`: rounds, the least and the most of them in brackets.
  Two such figures agree where their ranges meet, or are no further apart than the machine's own
  drift (benchmarks/pace.py) explains.
- `~12.3`: measured once. Its noise is not known, so it is not judged; how far apart, is told.
- `12`: counted or computed, and so the same in both.

The same figure is the number at the same place of the same line, the numbers of which are left out
to find it. Differences are relative to the larger of the two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from statistics import median

import numpy as np

_NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
FIGURE = re.compile(
    rf"(?<![\w.,-])(?P<once>~?)(?P<text>{_NUMBER})"
    rf"(?P<unit>%?)(?: [\[(](?P<least>{_NUMBER})%?(?:,| to) (?P<most>{_NUMBER})%?[\])])?"
)
# What benchmarks/pace.py does again and again, and how it says how long that took.
PIECES = ("product", "reading", "Python")
PACE = re.compile(r"pace: " + ", ".join(rf"{name} ([\d.]+)" for name in PIECES) + " ms")


class Found(Enum):
    """How a figure was found."""

    IN_ROUNDS = "in rounds"
    ONCE = "measured once"
    COUNTED = "counted"


@dataclass(frozen=True)
class Figure:
    line: str
    text: str
    found: Found
    least: float
    most: float

    @classmethod
    def of(cls, line: str, match: re.Match[str], counts: bool) -> Figure:
        """`counts`: whether a figure without a mark was counted; else it was measured once."""
        text, value = match["text"], number(match["text"])
        if match["least"]:
            ends = sorted((number(match["least"]), number(match["most"])))
            return cls(line, text, Found.IN_ROUNDS, *ends)
        found = Found.COUNTED if counts and not match["once"] else Found.ONCE
        return cls(line, text, found, value, value)


@dataclass(frozen=True)
class Difference:
    """Of a figure in two runs; `share` is of the larger one, 0 where they are the same. `drift` is
    how many times as slow as at its quickest the machine was."""

    share: float
    old: Figure
    new: Figure
    drift: float

    @property
    def apart(self) -> bool:
        """Whether one does not bear the other out."""
        old, new = self.old, self.new
        if Found.ONCE in (old.found, new.found):
            return False
        drift = self.drift if Found.IN_ROUNDS in (old.found, new.found) else 1
        lower, upper = sorted((old, new), key=lambda one: one.least)
        return upper.least - lower.most > (drift - 1) * abs(lower.most)

    def __str__(self) -> str:
        return f"{self.share:.1%}: now {self.new.text}, before {self.old.text}: {self.new.line}"


@dataclass(frozen=True)
class Agreement:
    """`differences` of all figures that both runs have, the largest first."""

    differences: list[Difference]

    @property
    def beyond(self) -> list[Difference]:
        return [one for one in self.differences if one.apart]

    def __str__(self) -> str:
        told = (self._told(found) for found in Found)
        return "; ".join(each for each in told if each) or "no figure in common"

    def _told(self, found: Found) -> str:
        of = [one for one in self.differences if one.new.found is found]
        if not of:
            return ""
        if found is Found.ONCE:
            middle = median(one.share for one in of)
            return f"{found.value}: {len(of)}, not judged, {middle:.0%} apart (median)"
        return f"{found.value}: {sum(not one.apart for one in of)} of {len(of)} agree"


def number(text: str) -> float:
    return float(text.replace(",", ""))


def agreement(old: str, new: str, counts: bool = True, drift: float = 1) -> Agreement:
    """How far the figures of two outputs of one benchmark agree, found while the machine itself
    was up to `drift` times as slow as at its quickest."""
    before, now = (dict(_figures(output, counts)) for output in (old, new))
    both = [_difference(before[place], now[place], drift) for place in before.keys() & now.keys()]
    return Agreement(sorted(both, key=lambda one: (one.apart, one.share), reverse=True))


def drift(sections: Iterable[str]) -> float:
    """The largest quotient of the slowest to the quickest of a piece of work, over all sections
    that tell their pace; the slowest and the quickest twentieth left out. 1 if none tells it."""
    paces = [list(map(float, found.groups())) for each in sections if (found := PACE.search(each))]
    if not paces:
        return 1.0
    quickest, slowest = np.percentile(paces, [5, 95], axis=0)
    return float(np.max(slowest / quickest))


def _difference(old: Figure, new: Figure, drift: float) -> Difference:
    a, b = number(old.text), number(new.text)
    return Difference(abs(a - b) / (max(abs(a), abs(b)) or 1), old, new, drift)


def _figures(output: str, counts: bool) -> Iterator[tuple[tuple[str, int, int], Figure]]:
    seen: Counter[str] = Counter()
    for line in output.splitlines():
        shape = " ".join(FIGURE.sub("#", line).split())
        for place, match in enumerate(FIGURE.finditer(line)):
            figure = Figure.of(" ".join(line.split()), match, counts)
            yield (shape, seen[shape], place), figure
        seen[shape] += 1
