"""The pictures with the most mistakes, and what there is to show in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MOST = 8


class Verdict(StrEnum):
    """Found rightly, found wrongly, or in the list and not found."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing in a picture. `corners` are (x, y) as shares of the picture's width and height."""

    verdict: Verdict
    what: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Stray:
    """A picture with mistakes: a row of the list, how many things were missed and how many found
    wrongly, and all there is in it."""

    image: int
    missed: int
    wrong: int
    marks: tuple[Mark, ...]

    @classmethod
    def of(cls, image: int, marks: Iterable[Mark]) -> Stray:
        marks = tuple(marks)
        verdicts = [mark.verdict for mark in marks]
        return cls(image, verdicts.count(Verdict.MISSED), verdicts.count(Verdict.WRONG), marks)


def worst(strays: Iterable[Stray]) -> tuple[Stray, ...]:
    """Those with the most mistakes, if they have any."""
    ranked = sorted(strays, key=lambda stray: -stray.missed - stray.wrong)
    return tuple(stray for stray in ranked[:MOST] if stray.missed + stray.wrong)
