"""Labels of a picture: objects and scenes in one taxonomy, with confidences that were measured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beholden.analysis.taxonomy import Taxonomy
from beholden.domain.arrays import Float32
from beholden.domain.image import Image
from beholden.domain.labels import Instance, Label, ObjectDetection
from beholden.vision.calibration.pictures import PictureCalibration
from beholden.vision.noise import is_noise
from beholden.vision.objects import Detector
from beholden.vision.scenes import KINDS as SCENE_KINDS
from beholden.vision.scenes import Classifier


@dataclass(frozen=True, slots=True)
class Sight:
    """What the networks saw of one picture: it is looked at once, whatever is asked about it."""

    objects: tuple[ObjectDetection, ...]
    scene: Float32


class LabelAnalysis:
    """Callable: an image to what holds of it, the surest label first."""

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier,
        taxonomy: Taxonomy,
        calibration: PictureCalibration,
    ) -> None:
        self._detector = detector
        self._classifier = classifier
        self._taxonomy = taxonomy
        self._calibration = calibration

    @property
    def names(self) -> Collection[str]:
        """Every label that there is."""
        return self._taxonomy.labels.keys()

    def __call__(self, image: Image) -> list[Label]:
        return self.labels(self.look(image))

    def look(self, image: Image) -> Sight:
        """Run both networks; a scene has shape (1000,). In noise there is nothing to see, whatever
        they take it for."""
        if is_noise(image.pixels):
            return Sight((), np.zeros(SCENE_KINDS, np.float32))
        return Sight(tuple(self._detector(image.pixels)), self._classifier(image.pixels))

    def objects(self, image: Image) -> dict[str, tuple[Instance, ...]]:
        """Where objects stand, by label, without looking at the scene."""
        found = () if is_noise(image.pixels) else self._detector(image.pixels)
        return self._instances(found)

    def labels(self, sight: Sight) -> list[Label]:
        """Every label with any evidence. One is at least as sure as each below it."""
        confidences = self._confidences(sight)
        instances = self._instances(sight.objects)
        labels = (
            Label(self._taxonomy.labels[name], confidence, instances.get(name, ()))
            for name, confidence in confidences.items()
        )
        return sorted(labels, key=_surest_first)

    def _confidences(self, sight: Sight) -> dict[str, float]:
        found = self.scene_confidences(sight.scene)
        for name, score in self._best_scores(sight.objects).items():
            present = self._calibration.presence.probability(score)
            for label in (name, *self._taxonomy.labels[name].parents):
                found[label] = max(found.get(label, 0.0), present)
        return found

    def scene_confidences(self, scene: Float32) -> dict[str, float]:
        """By the probability of everything under a label: kinds exclude each other."""
        sums = self._taxonomy.under @ scene
        names = list(self._taxonomy.labels)
        seen = np.flatnonzero(sums > 0).tolist()
        return {names[n]: self._calibration.scene.probability(float(sums[n])) for n in seen}

    def _best_scores(self, objects: Iterable[ObjectDetection]) -> dict[str, float]:
        best: dict[str, float] = {}
        for found in objects:
            name = self._taxonomy.objects[found.kind]
            best[name] = max(best.get(name, 0.0), found.confidence)
        return best

    def _instances(self, objects: Sequence[ObjectDetection]) -> dict[str, tuple[Instance, ...]]:
        by_label: dict[str, list[Instance]] = {}
        for found in objects:
            sure = self._calibration.box.probability(found.confidence)
            by_label.setdefault(self._taxonomy.objects[found.kind], []).append(
                Instance(found.box_px, sure)
            )
        return {name: tuple(found) for name, found in by_label.items()}


def _surest_first(label: Label) -> tuple[float, int, str]:
    """Of two as sure the one further down in the taxonomy, which says more."""
    return -label.confidence, -len(label.named.parents), label.named.name


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """What is wanted of the labels. Where labels or categories are to be included, one that meets
    either is; then those excluded are dropped."""

    min_confidence: float = 0.0
    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    include_categories: frozenset[str] = frozenset()
    exclude_categories: frozenset[str] = frozenset()

    def of(self, labels: Iterable[Label]) -> list[Label]:
        """Those wanted, each with its instances that are sure enough."""
        return [self._less(label) for label in labels if self._wanted(label)]

    def _wanted(self, label: Label) -> bool:
        name, categories = label.named.name, frozenset(label.named.categories)
        everything = not self.include and not self.include_categories
        included = everything or name in self.include or bool(categories & self.include_categories)
        excluded = name in self.exclude or bool(categories & self.exclude_categories)
        return label.confidence >= self.min_confidence and included and not excluded

    def _less(self, label: Label) -> Label:
        sure = (i for i in label.instances if i.confidence >= self.min_confidence)
        return Label(label.named, label.confidence, tuple(sure))


def by_name(labels: Iterable[Label]) -> Mapping[str, Label]:
    """Labels by their names."""
    return {label.named.name: label for label in labels}
