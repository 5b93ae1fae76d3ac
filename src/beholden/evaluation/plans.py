"""What each kind of evaluation looks at, and how it judges what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beholden.domain.errors import OperatorError
from beholden.evaluation.attributes import READINGS, judge_attributes, read_labels
from beholden.evaluation.boxes import face_of, object_of, read_boxes
from beholden.evaluation.detection import judge_boxes
from beholden.evaluation.findings import Result
from beholden.evaluation.groups import Group, groups_of
from beholden.evaluation.identification import identify
from beholden.evaluation.lists import (
    ImageList,
    is_pairs_txt,
    read_comparisons,
    read_images,
    read_rows,
)
from beholden.evaluation.material import gather
from beholden.evaluation.observe import Look, Observation, embeddings_of
from beholden.evaluation.pages import read_pages
from beholden.evaluation.scale import Scale
from beholden.evaluation.searches import search
from beholden.evaluation.text import judge_text
from beholden.evaluation.verification import verify


@dataclass(frozen=True, slots=True)
class Plan:
    """One evaluation, before it runs: what to take from each of `images`, and how what was seen on
    them, in their order, becomes numbers. `pack` are the models that it measures."""

    kind: str
    look: Look
    pack: str
    images: ImageList
    judge: Callable[[Sequence[Observation], Scale], Result]


def plan_objects(
    path: Path, folder: Path | None, wanted: Sequence[str], min_confidence: float
) -> Plan:
    """Read a COCO annotation file. Raises OperatorError if it is none."""
    truth = read_boxes(path, folder, object_of)
    groups = _groups(path, truth.images, wanted)

    def judge(seen: Sequence[Observation], _: Scale) -> Result:
        return judge_boxes(truth, seen, groups, min_confidence)

    return Plan("objects", Look.OBJECTS, "pictures", truth.images, judge)


def plan_text(
    path: Path, folder: Path | None, wanted: Sequence[str], min_confidence: float
) -> Plan:
    """Read what stands in pictures. Raises OperatorError if the list does not say it."""
    truth = read_pages(path, folder)
    groups = _groups(path, truth.images, wanted)

    def judge(seen: Sequence[Observation], _: Scale) -> Result:
        return judge_text(truth, seen, groups, min_confidence)

    return Plan("text", Look.TEXT, "text", truth.images, judge)


def make_plan(kind: str, path: Path, folder: Path | None, wanted: Sequence[str]) -> Plan:
    """Read the list of an evaluation of faces. Raises OperatorError if it does not fit the kind."""
    return OF_FACES[kind](path, folder, wanted)


def _verification(path: Path, folder: Path | None, wanted: Sequence[str]) -> Plan:
    """Without listed pairs, every image meets every other."""
    images, pairs = read_comparisons(path, folder)
    groups = _groups(path, images, wanted)

    def judge(seen: Sequence[Observation], scale: Scale) -> Result:
        known = images.subjects_known
        material = gather(*embeddings_of(seen), images.subject_nos, pairs, known)
        return verify(material, scale, groups)

    return Plan("verification", Look.TEMPLATE, "faces", images, judge)


def _identification(path: Path, folder: Path | None, wanted: Sequence[str]) -> Plan:
    images = read_images(path, folder)
    groups = _groups(path, images, wanted)
    _check_roles(path, images)
    gallery = np.array([role == "gallery" for role in images.columns["role"]])

    def judge(seen: Sequence[Observation], scale: Scale) -> Result:
        searches = search(*embeddings_of(seen), images.subject_nos, gallery)
        return identify(searches, scale, groups)

    return Plan("identification", Look.TEMPLATE, "faces", images, judge)


def _attributes(path: Path, folder: Path | None, wanted: Sequence[str]) -> Plan:
    images = read_images(path, folder)
    labels = read_labels(path, images.columns)
    groups = _groups(path, images, wanted)

    def judge(seen: Sequence[Observation], _: Scale) -> Result:
        return judge_attributes(labels, seen, groups)

    return Plan("attributes", Look.ATTRIBUTES, "faces", images, judge)


def _detection(path: Path, folder: Path | None, wanted: Sequence[str]) -> Plan:
    truth = read_boxes(path, folder, face_of)
    groups = _groups(path, truth.images, wanted)

    def judge(seen: Sequence[Observation], _: Scale) -> Result:
        return judge_boxes(truth, seen, groups)

    return Plan("detection", Look.FACES, "faces", truth.images, judge)


OF_FACES: Mapping[str, Callable[[Path, Path | None, Sequence[str]], Plan]] = {
    "verification": _verification,
    "identification": _identification,
    "attributes": _attributes,
    "detection": _detection,
}


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
    judged = columns & READINGS.keys()
    return "attributes" if judged and not columns & {"image_a", "subject"} else "verification"
