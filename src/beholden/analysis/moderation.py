"""Content that somebody may want to look at before it is shown, by what the models can see."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from beholden.analysis.labels import LabelAnalysis, by_name
from beholden.domain.image import Image
from beholden.domain.labels import Label, Moderation, ModerationLabel
from beholden.vision.adult import AdultContent
from beholden.vision.calibration.pictures import LogOdds


@dataclass(frozen=True, slots=True)
class ModerationTaxonomy:
    """`above` gives each label's parent ("" at level 1) and level; `evidence` the labels of the
    picture that speak for it; `adult` is where the adult-content network's score stands."""

    version: str
    adult: str
    above: Mapping[str, tuple[str, int]]
    evidence: Mapping[str, Sequence[str]]
    content_types: Mapping[str, Sequence[str]]


def read_moderation_taxonomy() -> ModerationTaxonomy:
    """The taxonomy that ships with this package."""
    text = (files("beholden.analysis") / "moderation.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return ModerationTaxonomy(
        tables["version"],
        tables["adult"],
        dict(_levels(tables["levels"])),
        tables["evidence"],
        tables["content_types"],
    )


def _levels(tree: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, int]]]:
    for first, seconds in tree.items():
        yield first, ("", 1)
        for second, thirds in seconds.items():
            yield second, (first, 2)
            yield from ((third, (second, 3)) for third in thirds)


class ModerationAnalysis:
    """Callable: an image to its moderation labels. It looks for no more than its taxonomy has
    evidence for: silence about the rest says nothing."""

    def __init__(
        self,
        labels: LabelAnalysis,
        classifier: AdultContent,
        taxonomy: ModerationTaxonomy,
        adult: LogOdds,
    ) -> None:
        self._labels = labels
        self._classifier = classifier
        self._taxonomy = taxonomy
        self._adult = adult

    @property
    def version(self) -> str:
        """The model version whose labels these are."""
        return self._taxonomy.version

    @property
    def names(self) -> Collection[str]:
        """Every moderation label that there is."""
        return self._taxonomy.above.keys()

    def __call__(self, image: Image) -> Moderation:
        """Every moderation label with any evidence, the surest first, a parent before its child."""
        labels = by_name(self._labels(image))
        found = {self._taxonomy.adult: self._adult.probability(self._classifier(image.pixels))}
        for name, evidence in self._taxonomy.evidence.items():
            self._raise(found, name, _surest(labels, evidence))
        ranked = sorted(
            found.items(), key=lambda item: (-item[1], self._taxonomy.above[item[0]][1])
        )
        types = {n: _surest(labels, e) for n, e in self._taxonomy.content_types.items()}
        return Moderation(
            tuple(ModerationLabel(n, *self._taxonomy.above[n], sure) for n, sure in ranked),
            {name: sure for name, sure in types.items() if sure > 0},
        )

    def _raise(self, found: dict[str, float], name: str, confidence: float) -> None:
        """Note the label, and that each above it holds as surely."""
        while name and confidence > 0:
            found[name] = max(found.get(name, 0.0), confidence)
            name = self._taxonomy.above[name][0]


def _surest(labels: Mapping[str, Label], names: Sequence[str]) -> float:
    return max((labels[name].confidence for name in names if name in labels), default=0.0)
