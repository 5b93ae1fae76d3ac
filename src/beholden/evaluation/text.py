"""Text that was read against text that stands there: words, characters, confidences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from beholden.evaluation.counts import Counts, by_group, rates
from beholden.evaluation.groups import Gap, Group, GroupRate, gaps_of
from beholden.evaluation.observe import Found, Observation
from beholden.evaluation.pages import Page, TextList
from beholden.evaluation.rates import Estimate, Rate, middle_95
from beholden.evaluation.reliability import Reliability, reliability
from beholden.evaluation.resampling import SubjectDraws
from beholden.evaluation.strays import Mark, Stray, Verdict, worst
from beholden.evaluation.words import character_errors, judged, missed, text_in

NOTABLE_MISS = 0.1
MOST_MISREAD = 20


@dataclass(frozen=True, slots=True)
class Misread:
    """A word that was read wrongly on a row of the list, how sure (0..1), and what stands in its
    place, "" for nothing that the list knows of."""

    image: int
    read: str
    confidence: float
    there: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Of what is read with a confidence of at least `min_confidence` (0..1). `missed` and `false`
    are 1 - recall and 1 - precision of words, `word_f1` their harmonic mean, over pictures that the
    list knows word by word; `characters` is the character error rate, over all."""

    min_confidence: float
    missed: Rate
    false: Rate
    word_f1: Estimate | None
    characters: Rate
    reliability: tuple[Reliability, ...]
    misread: tuple[Misread, ...]
    mistakes: tuple[Stray, ...]
    groups: tuple[GroupRate, ...]
    gaps: tuple[Gap, ...]

    def headline(self) -> dict[str, Any]:
        return {
            "word_f1": self.word_f1 and asdict(self.word_f1),
            **{name: asdict(getattr(self, name)) for name in ("missed", "false", "characters")},
        }

    def shown(self) -> dict[int, tuple[Mark, ...]]:
        return {stray.image: stray.marks for stray in self.mistakes}

    def warnings(self) -> Iterator[str]:
        if (self.missed.rate or 0) > NOTABLE_MISS:
            yield f"{self.missed.rate:.0%} of the words in the list are not read rightly."


def judge_text(
    truth: TextList,
    seen: Sequence[Observation],
    groups: Sequence[Group] = (),
    min_confidence: float = 0.0,
) -> Reading:
    """Compare what was read on each image with the list."""
    shown = [[w for w in one.found if w.confidence >= min_confidence] for one in seen]
    pages = list(zip(truth.pages, shown, strict=True))
    counts = text_counts(pages)
    rows = by_group(counts, groups)
    verdicts = [
        v for page, one in zip(truth.pages, seen, strict=True) for v in judged(page, one.found)
    ]
    told = [(word.confidence, right) for word, right in verdicts]
    return Reading(
        min_confidence,
        **rates(counts),
        word_f1=word_f1(counts),
        reliability=(reliability("words", told, min_confidence),),
        misread=_misread(pages),
        mistakes=worst(_stray(n, page, seen[n]) for n, page in enumerate(pages)),
        groups=rows,
        gaps=tuple(gaps_of(rows)),
    )


def text_counts(pages: Sequence[tuple[Page, Sequence[Found]]]) -> Counts:
    """Words missed and words read wrongly, where the list has words; and wrong characters."""
    words = np.array([_words(page, read) for page, read in pages], np.int64).reshape(-1, 3)
    characters = np.array([character_errors(*page) for page in pages], np.int64).reshape(-1, 2)
    right, given, there = words.T
    return {
        "missed": (there - right, there),
        "false": (given - right, given),
        "characters": (characters[:, 0], characters[:, 1]),
    }


def _words(page: Page, read: Sequence[Found]) -> tuple[int, int, int]:
    """Right, given, there."""
    if page.lines:
        return 0, 0, 0
    verdicts = [right for _, right in judged(page, read)]
    return sum(verdicts), len(verdicts), sum(word.text is not None for word in page.words)


def word_f1(counts: Counts) -> Estimate | None:
    """The harmonic mean of precision and recall; None without words."""
    (wrong, there), (_, given) = counts["missed"], counts["false"]
    right, both = 2 * (there - wrong), there + given
    if not both.sum():
        return None
    times = SubjectDraws.make(len(both)).times
    with np.errstate(invalid="ignore"):
        samples = (times @ right) / (times @ both)
    return Estimate(float(right.sum() / both.sum()), *middle_95(samples))


def _misread(pages: Sequence[tuple[Page, Sequence[Found]]]) -> tuple[Misread, ...]:
    """The wrong words that were stated the most surely."""
    wrong = [
        (n, page, word)
        for n, (page, read) in enumerate(pages)
        for word, right in judged(page, read)
        if not right
    ]
    wrong.sort(key=lambda row: -row[2].confidence)
    return tuple(
        Misread(n, word.what, word.confidence, _there(page, word))
        for n, page, word in wrong[:MOST_MISREAD]
    )


def _there(page: Page, word: Found) -> str:
    return " ".join(true.text for true in page.marked if true.text and text_in(true, [word]))


def _stray(image: int, page: tuple[Page, Sequence[Found]], seen: Observation) -> Stray:
    truth, read = page
    verdicts = list(judged(truth, read))
    marks = [
        Mark(Verdict.RIGHT if right else Verdict.WRONG, word.what, _shares(word.place_px, seen))
        for word, right in verdicts
    ]
    for true in missed(truth, [word for word, right in verdicts if right]):
        marks.append(Mark(Verdict.MISSED, true.text or "", _shares(true.corners_px, seen)))
    return Stray.of(image, marks)


def _shares(corners_px: Any, seen: Observation) -> tuple[tuple[float, float], ...]:
    points = np.reshape(corners_px, (-1, 2)) / np.maximum(seen.size, 1)
    return tuple((float(x), float(y)) for x, y in points)
