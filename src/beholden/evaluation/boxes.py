"""Lists of boxes: COCO annotation files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beholden.analysis.taxonomy import read_taxonomy
from beholden.domain.errors import OperatorError
from beholden.evaluation.lists import ImageList, columns_of, source_of
from beholden.evaluation.observe import FACE

Json = Mapping[str, Any]
LabelOf = Callable[[str], str | None]
"""From the name of a category to what is found under that name, None if nothing ever is."""


@dataclass(frozen=True, slots=True)
class BoxList:
    """`truth` is in COCO's form, with `kinds` for categories, and ids from 1 in the order of
    `images` and `kinds`; `unknown` are categories of the file that nothing is ever found for."""

    images: ImageList
    kinds: tuple[str, ...]
    unknown: tuple[str, ...]
    truth: Json


def face_of(category: str) -> str | None:
    """For lists of faces."""
    return FACE if category.casefold() == FACE.casefold() else None


def object_of(category: str) -> str | None:
    """For lists of objects: COCO's name of a kind, or the label, or another name of that."""
    return _object_names().get(category.casefold())


def _object_names() -> dict[str, str]:
    taxonomy = read_taxonomy()
    names = {}
    for kind, label in taxonomy.objects.items():
        for name in (label, kind, *taxonomy.labels[label].aliases):
            names[name.casefold()] = label
    return names


def read_boxes(path: Path, folder: Path | None, label_of: LabelOf) -> BoxList:
    """COCO annotations: images (id, file_name, width, height and, to group by, whatever else),
    annotations (image_id, category_id, bbox), categories (id, name); without categories everything
    is a face. Raises OperatorError if it is none, or has no category that can be found."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        names = {c["id"]: c["name"] for c in given.get("categories", ())}
        labels = {name: label_of(name) for name in names.values() or (FACE,)}
        kinds = tuple(sorted({label for label in labels.values() if label}))
        unknown = tuple(name for name, label in labels.items() if not label)
        if not kinds:
            raise OperatorError(
                f"{path}: of none of its categories ({', '.join(unknown)}) are boxes found. Faces "
                "are measured by `detection`, things by `objects`."
            )
        truth = _truth(given, kinds, lambda a: labels[names[a["category_id"]] if names else FACE])
        images = given["images"]
        files = tuple((folder or path.parent) / image["file_name"] for image in images)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperatorError(f"{path}: not a COCO annotation file: {error!r}") from error
    columns = columns_of(images, {"id", "file_name", "width", "height"})
    listed = ImageList(source_of(path), files, ("",) * len(files), columns)
    return BoxList(listed, kinds, unknown, truth)


def _truth(given: Json, kinds: Sequence[str], kind_of: Callable[[Json], str | None]) -> Json:
    """The annotations of known kinds, numbered anew: pycocotools takes the id 0 for no match."""
    numbers = {image["id"]: n for n, image in enumerate(given["images"], 1)}
    known = [(a, kind) for a in given["annotations"] if (kind := kind_of(a))]
    return {
        "images": [{"id": n, "width": i["width"], "height": i["height"]}
                   for n, i in enumerate(given["images"], 1)],
        "categories": [{"id": n, "name": kind} for n, kind in enumerate(kinds, 1)],
        "annotations": [
            {
                "id": n,
                "image_id": numbers[a["image_id"]],
                "category_id": kinds.index(kind) + 1,
                "bbox": (box := _box(a["bbox"])),
                "area": a.get("area", box[2] * box[3]),
                "iscrowd": a.get("iscrowd", 0),
            }
            for n, (a, kind) in enumerate(known, 1)
        ],
    }  # fmt: skip


def _box(given: Sequence[float]) -> list[float]:
    """Raises ValueError or TypeError for what is no box."""
    left, top, width, height = map(float, given)
    if not (width >= 0 and height >= 0 and math.isfinite(left + top + width + height)):
        raise ValueError(f"{given} is no box: left, top, width and height")
    return [left, top, width, height]
