"""Attributes of a face against labels: how often told, how often right, for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from beholden.domain.errors import OperatorError
from beholden.evaluation.groups import Gap, Group, GroupRate, Overall, gaps_of, judged
from beholden.evaluation.lists import SAME
from beholden.evaluation.observe import Observation
from beholden.evaluation.rates import Rate, rate_of

Labels = Mapping[str, Sequence[Any]]
"""By attribute, what is said of each image, None where nothing is."""

YES_OR_NO = (
    "smile",
    "mouth_open",
    "eyes_open",
    "eyeglasses",
    "sunglasses",
    "beard",
    "mustache",
    "face_occluded",
)
EMOTIONS = {
    "angry": "ANGRY",
    "anger": "ANGRY",
    "disgust": "DISGUSTED",
    "fear": "FEAR",
    "happy": "HAPPY",
    "sad": "SAD",
    "sadness": "SAD",
    "surprise": "SURPRISED",
    "neutral": "CALM",
}
GENDERS = {"male": "Male", "female": "Female"}
OLDER_THAN_ANYBODY = 150
# An attribute wrong more often than this is not one to decide by.
NOTABLE_ERROR = 0.1


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One attribute over all images that carry its label.

    `untold`: no face, or nothing told. `wrong`: told, and not the label (for age: outside the
    range told). `mean_width_years` and `mean_absolute_error_years` (to the middle of the range) are
    of ages only; `confusion` counts label -> told and is empty for ages.
    """

    attribute: str
    untold: Rate
    wrong: Rate
    mean_width_years: float | None
    mean_absolute_error_years: float | None
    confusion: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row of the image list that was told wrongly."""

    attribute: str
    image: int
    label: str
    told: str


@dataclass(frozen=True, slots=True)
class Attributes:
    """Everything measured; see docs/evaluate.md for each field."""

    attributes: tuple[AttributeRow, ...]
    groups: tuple[GroupRate, ...]
    gaps: tuple[Gap, ...]
    mistakes: tuple[Wrong, ...]

    def headline(self) -> dict[str, Any]:
        return {
            row.attribute: {"untold": asdict(row.untold), "wrong": asdict(row.wrong)}
            for row in self.attributes
        }

    def shown(self) -> dict[int, tuple[()]]:
        return dict.fromkeys((mistake.image for mistake in self.mistakes), ())

    def warnings(self) -> Iterator[str]:
        for row in self.attributes:
            if row.wrong.rate is None:
                yield f"{row.attribute} was told of nobody: nothing was measured."
            elif row.wrong.rate > NOTABLE_ERROR:
                yield f"{row.attribute} is wrong for {row.wrong.rate:.0%} of those it is told of."


@dataclass(frozen=True, slots=True)
class _Reading:
    """How one attribute is compared: its label made comparable, what was told, and whether both
    agree."""

    label: Callable[[str], Any]
    told: Callable[[Mapping[str, Any]], Any]
    right: Callable[[Any, Any], bool]


def _named(attribute: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda seen: seen.get(attribute)


def _same(label: Any, told: Any) -> bool:
    return bool(label == told)


def _inside(age: float, told: Sequence[float]) -> bool:
    return bool(told[0] <= age <= told[1])


def _age(text: str) -> float:
    if not 0 <= (age := float(text)) < OLDER_THAN_ANYBODY:
        raise ValueError(text)
    return age


def _emotion(text: str) -> str:
    named = EMOTIONS.get(text.lower(), text.upper())
    if named not in EMOTIONS.values():
        raise ValueError(text)
    return named


def _strongest(seen: Mapping[str, Any]) -> str | None:
    emotions = seen.get("emotions")
    return max(emotions, key=emotions.__getitem__) if emotions else None


READINGS: Mapping[str, _Reading] = {
    "age": _Reading(_age, _named("age_years"), _inside),
    "gender": _Reading(lambda text: GENDERS[text.lower()], _named("gender"), _same),
    "emotion": _Reading(_emotion, _strongest, _same),
    **{name: _Reading(lambda text: SAME[text.lower()], _named(name), _same) for name in YES_OR_NO},
}


def read_labels(path: Path, columns: Mapping[str, Sequence[str]]) -> Labels:
    """The columns that name an attribute, read. Raises OperatorError if none does, or for a label
    that its attribute cannot have: it would count as an error of the model."""
    known = {
        name: [_label(path, name, text) for text in texts]
        for name, texts in columns.items()
        if name in READINGS
    }
    if not known:
        names = ", ".join(READINGS)
        raise OperatorError(f"{path}: it has no column that names an attribute: {names}.")
    return known


def _label(path: Path, attribute: str, text: str) -> Any:
    try:
        return READINGS[attribute].label(text) if text else None
    except (ValueError, KeyError):
        raise OperatorError(
            f"{path}: {text!r} is not a label that `{attribute}` can have."
        ) from None


@dataclass(frozen=True, slots=True)
class _Answers:
    """Of the images with a label, by row: `labels`, and what was `told` (None: nothing)."""

    rows: list[int]
    labels: list[Any]
    told: list[Any]
    right: list[bool | None]

    def rate(self, rows: Any) -> Rate:
        """Wrong among the told, for images that the mask `rows` holds."""
        some = [r for row, r in zip(self.rows, self.right, strict=True) if rows[row]]
        some = [r for r in some if r is not None]
        return rate_of(some.count(False), len(some))


def _answers(attribute: str, every: Sequence[Any], seen: Sequence[Observation]) -> _Answers:
    reading = READINGS[attribute]
    rows = [i for i, label in enumerate(every) if label is not None]
    labels = [every[i] for i in rows]
    told = [reading.told(seen[i].attributes) for i in rows]
    right = [
        None if t is None else reading.right(label, t)
        for label, t in zip(labels, told, strict=True)
    ]
    return _Answers(rows, labels, told, right)


def judge_attributes(
    labels: Labels, seen: Sequence[Observation], groups: Sequence[Group] = ()
) -> Attributes:
    """Compare the labels of each attribute with what was told of each image."""
    answers = {name: _answers(name, every, seen) for name, every in labels.items()}
    rows = tuple(_row(name, found) for name, found in answers.items())
    rates = [r for g in groups for name, found in answers.items() for r in _of(g, name, found)]
    overall: Overall = {(row.attribute, None): row.wrong for row in rows}
    judged_rates = judged(rates, overall)
    wrong = tuple(w for name, found in answers.items() for w in _wrongs(name, found))
    return Attributes(rows, judged_rates, tuple(gaps_of(judged_rates)), wrong)


def _of(group: Group, attribute: str, found: _Answers) -> Iterator[GroupRate]:
    if attribute not in group.grouping.split(" x "):
        rate = found.rate(group.members)
        yield GroupRate(group.grouping, group.label, attribute, None, True, rate.trials, rate)


def _row(attribute: str, found: _Answers) -> AttributeRow:
    right = [r for r in found.right if r is not None]
    ages = [(a, t) for a, t in zip(found.labels, found.told, strict=True) if t is not None]
    is_age = attribute == "age" and bool(ages)
    return AttributeRow(
        attribute=attribute,
        untold=rate_of(found.right.count(None), len(found.right)),
        wrong=rate_of(right.count(False), len(right)),
        mean_width_years=float(np.mean([t[1] - t[0] for _, t in ages])) if is_age else None,
        mean_absolute_error_years=(
            float(np.mean([abs(a - sum(t) / 2) for a, t in ages])) if is_age else None
        ),
        confusion={} if attribute == "age" else _confusion(found),
    )


def _confusion(found: _Answers) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for label, told in zip(found.labels, found.told, strict=True):
        row = table.setdefault(str(label), {})
        name = "untold" if told is None else str(told)
        row[name] = row.get(name, 0) + 1
    return table


def _wrongs(attribute: str, found: _Answers, most: int = 8) -> list[Wrong]:
    """The first ones in list order, or the ages that are furthest out."""
    rows = [k for k, right in enumerate(found.right) if right is False]
    if attribute == "age":
        rows.sort(key=lambda k: -abs(found.labels[k] - sum(found.told[k]) / 2))
    return [
        Wrong(attribute, found.rows[k], str(found.labels[k]), _text(found.told[k]))
        for k in rows[:most]
    ]


def _text(told: Any) -> str:
    return f"{told[0]}-{told[1]}" if isinstance(told, list | tuple) else str(told)
