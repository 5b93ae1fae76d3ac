"""What each kind of evaluation looks at, and how it judges what it saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np

from beholden.domain.errors import OperatorError
from beholden.evaluation.attributes import YES_OR_NO, judge_attributes
from beholden.evaluation.boxes import BoxList, face_of, object_of, read_boxes
from beholden.evaluation.detection import judge_boxes
from beholden.evaluation.findings import Result
from beholden.evaluation.groups import Group, groups_of
from beholden.evaluation.identification import identify
from beholden.evaluation.lists import (
    ImageList,
    Pairs,
    is_pairs_txt,
    read_comparisons,
    read_images,
    read_rows,
)
from beholden.evaluation.material import gather
from beholden.evaluation.observe import Look, Observation, embeddings_of
from beholden.evaluation.pages import TextList, read_pages
from beholden.evaluation.scale import Scale
from beholden.evaluation.searches import search
from beholden.evaluation.text import judge_text
from beholden.evaluation.verification import verify


class Plan(Protocol):
    """One evaluation, before it runs; `pack` are the models that it measures."""

    kind: ClassVar[str]
    look: ClassVar[Look]
    pack: ClassVar[str]

    @property
    def images(self) -> ImageList: ...

    def judge(self, seen: Sequence[Observation], scale: Scale) -> Result:
        """From what was seen on each image, in the order of `images`, to the numbers."""
        ...


@dataclass(frozen=True, slots=True)
class VerificationPlan:
    """Without `pairs`, every image meets every other."""

    kind: ClassVar[str] = "verification"
    look: ClassVar[Look] = Look.TEMPLATE
    pack: ClassVar[str] = "faces"
    images: ImageList
    pairs: Pairs | None
    groups: tuple[Group, ...]

    def judge(self, seen: Sequence[Observation], scale: Scale) -> Result:
        embeddings, has = embeddings_of(seen)
        images = self.images
        known = images.subjects_known
        return verify(
            gather(embeddings, has, images.subject_nos, self.pairs, known), scale, self.groups
        )


@dataclass(frozen=True, slots=True)
class IdentificationPlan:
    kind: ClassVar[str] = "identification"
    look: ClassVar[Look] = Look.TEMPLATE
    pack: ClassVar[str] = "faces"
    images: ImageList
    groups: tuple[Group, ...]

    def judge(self, seen: Sequence[Observation], scale: Scale) -> Result:
        embeddings, has = embeddings_of(seen)
        gallery = np.array([role == "gallery" for role in self.images.columns["role"]])
        return identify(
            search(embeddings, has, self.images.subject_nos, gallery), scale, self.groups
        )


@dataclass(frozen=True, slots=True)
class AttributesPlan:
    kind: ClassVar[str] = "attributes"
    look: ClassVar[Look] = Look.ATTRIBUTES
    pack: ClassVar[str] = "faces"
    images: ImageList
    groups: tuple[Group, ...]

    def judge(self, seen: Sequence[Observation], scale: Scale) -> Result:  # noqa: ARG002
        return judge_attributes(self.images.columns, seen, self.groups)


@dataclass(frozen=True, slots=True)
class DetectionPlan:
    kind: ClassVar[str] = "detection"
    look: ClassVar[Look] = Look.FACES
    pack: ClassVar[str] = "faces"
    truth: BoxList
    groups: tuple[Group, ...]

    @property
    def images(self) -> ImageList:
        return self.truth.images

    def judge(self, seen: Sequence[Observation], scale: Scale) -> Result:  # noqa: ARG002
        return judge_boxes(self.truth, seen, self.groups)


@dataclass(frozen=True, slots=True)
class ObjectsPlan:
    kind: ClassVar[str] = "objects"
    look: ClassVar[Look] = Look.OBJECTS
    pack: ClassVar[str] = "pictures"
    truth: BoxList
    groups: tuple[Group, ...]
    min_confidence: float

    @property
    def images(self) -> ImageList:
        return self.truth.images

    def judge(self, seen: Sequence[Observation], scale: Scale) -> Result:  # noqa: ARG002
        return judge_boxes(self.truth, seen, self.groups, self.min_confidence)


@dataclass(frozen=True, slots=True)
class TextPlan:
    kind: ClassVar[str] = "text"
    look: ClassVar[Look] = Look.TEXT
    pack: ClassVar[str] = "text"
    truth: TextList
    groups: tuple[Group, ...]
    min_confidence: float

    @property
    def images(self) -> ImageList:
        return self.truth.images

    def judge(self, seen: Sequence[Observation], scale: Scale) -> Result:  # noqa: ARG002
        return judge_text(self.truth, seen, self.groups, self.min_confidence)


def plan_objects(
    path: Path, folder: Path | None, wanted: Sequence[str], min_confidence: float
) -> Plan:
    """Read a COCO annotation file. Raises OperatorError if it is none."""
    boxes = read_boxes(path, folder, object_of)
    return ObjectsPlan(boxes, _groups(path, boxes.images, wanted), min_confidence)


def plan_text(
    path: Path, folder: Path | None, wanted: Sequence[str], min_confidence: float
) -> Plan:
    """Read what stands in pictures. Raises OperatorError if the list does not say it."""
    pages = read_pages(path, folder)
    return TextPlan(pages, _groups(path, pages.images, wanted), min_confidence)


def make_plan(kind: str, path: Path, folder: Path | None, wanted: Sequence[str]) -> Plan:
    """Read the list of an evaluation of faces. Raises OperatorError if it does not fit the kind."""
    if kind == "verification":
        images, pairs = read_comparisons(path, folder)
        return VerificationPlan(images, pairs, _groups(path, images, wanted))
    if kind == "detection":
        boxes = read_boxes(path, folder, face_of)
        return DetectionPlan(boxes, _groups(path, boxes.images, wanted))
    images = read_images(path, folder)
    groups = _groups(path, images, wanted)
    if kind == "attributes":
        return AttributesPlan(images, groups)
    _check_roles(path, images)
    return IdentificationPlan(images, groups)


def _groups(path: Path, images: ImageList, wanted: Sequence[str]) -> tuple[Group, ...]:
    for name in wanted:
        if name not in images.columns:
            there = ", ".join(images.columns) or "none"
            raise OperatorError(f"{path}: there is no column {name!r} to group by: {there}.")
    return tuple(groups_of(images.columns, wanted)) if wanted else ()


def _check_roles(path: Path, images: ImageList) -> None:
    roles = set(images.columns.get("role", ()))
    if roles != {"gallery", "probe"}:
        raise OperatorError(
            f"{path}: the column `role` must say gallery or probe of each image, and both occur."
        )


def kind_of(path: Path) -> str:
    """What the columns of a list are for. Raises OperatorError if it cannot be read."""
    if path.is_file() and is_pairs_txt(path):
        return "verification"
    columns = set(read_rows(path)[0])
    if "role" in columns:
        return "identification"
    judged = columns & {"age", "gender", "emotion", *YES_OR_NO}
    return "attributes" if judged and not columns & {"image_a", "subject"} else "verification"
