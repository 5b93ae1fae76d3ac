"""Pictures whose objects or kind are known, looked at once, for the benchmarks and tests of labels.

COCO: 200 photos with 1,461 boxes of 80 kinds. ImageNet: 40 photos, each of one known thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from beholden.analysis.image import ImageDecoder
from beholden.analysis.labels import LabelAnalysis, Sight
from beholden.analysis.taxonomy import Taxonomy, read_taxonomy
from beholden.config import Settings
from beholden.domain.image import Image
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.ports.inference import Inference
from beholden.vision.calibration.pictures import read_picture_calibration
from beholden.vision.objects import KINDS, ObjectDetector
from beholden.vision.scenes import SceneClassifier

DATA = Path(__file__).parents[2] / "shared/data"
MAX_BYTES = 15 * 2**20
IOU = 0.5
# What each of the 40 photos of ImageNet shows, in the order of their file names.
_NAMES = (
    "Tiger Shark, Tailed Frog, Cobra, Sidewinder, Nautilus, Blenheim Spaniel, Basset Hound, "
    "English Foxhound, Bedlington Terrier, Sealyham Terrier, Giant Schnauzer, Soft-coated "
    "Wheaten Terrier, Irish Setter, Bullmastiff, Mexican Hairless Dog, Jaguar, Tiger Beetle, "
    "Fox Squirrel, Guinea Pig, Academic Gown, Aircraft Carrier, Analog Clock, Hot Air "
    "Balloon, Bra, Buckle, Mobile Phone, Gas Mask, Hair Dryer, Lampshade, Medicine Cabinet, "
    "Odometer, Pencil Sharpener, Reel, Seat Belt, Suspension Bridge, Toaster, Tie, Popsicle, "
    "Spaghetti Squash, Geyser"
)
IMAGENET = [name.strip() for name in _NAMES.split(",")]


def decode(path: Path) -> Image:
    return ImageDecoder().decode(path.read_bytes(), max_bytes=MAX_BYTES, min_side_px=1)


def open_labels(engine: Inference | None = None) -> LabelAnalysis:
    """The analysis as bootstrap composes it, on one core. Raises OperatorError without models."""
    store = ModelStore(Settings().models_dir, read_manifest())
    engine = engine or OpenVino(streams=1)
    return LabelAnalysis(
        ObjectDetector(engine.load(store.require("objects"))),
        SceneClassifier(engine.load(store.require("scenes"))),
        read_taxonomy(),
        read_picture_calibration(),
    )


@dataclass(frozen=True)
class Seen:
    """`boxes` are (kind, left, top, width, height) that are true of the picture; `labels` those
    known to hold, with all above them; `no` is its number in its set."""

    set: str
    no: int
    sight: Sight
    boxes: tuple[tuple[str, tuple[float, ...]], ...]
    labels: frozenset[str]

    @property
    def calibrates(self) -> bool:
        """Every second picture of a set; the others measure."""
        return self.no % 2 == 1


def coco(analysis: LabelAnalysis, *, every: int = 1) -> Iterator[Seen]:
    """The 200 photos of COCO, or one in `every`."""
    truth, taxonomy = coco_truth(), read_taxonomy()
    for image in truth["images"][::every]:
        boxes = [
            (KINDS[a["category_id"]], tuple(a["bbox"]))
            for a in truth["annotations"]
            if a["image_id"] == image["id"]
        ]
        names = {taxonomy.objects[kind] for kind, _ in boxes}
        sight = analysis.look(decode(DATA / "coco200/images" / image["file_name"]))
        yield Seen("coco", image["id"], sight, tuple(boxes), with_parents(taxonomy, names))


def coco_truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "coco200/annotations.json").read_text())
    return found


def imagenet(analysis: LabelAnalysis, *, every: int = 1) -> Iterator[Seen]:
    """The 40 photos of ImageNet, or one in `every`."""
    taxonomy = read_taxonomy()
    paths = sorted(DATA.glob("imagenet40/*"))
    known = list(enumerate(zip(paths, IMAGENET, strict=True)))
    for no, (path, name) in known[::every]:
        labels = with_parents(taxonomy, {name})
        yield Seen("imagenet", no, analysis.look(decode(path)), (), labels)


def with_parents(taxonomy: Taxonomy, names: set[str]) -> frozenset[str]:
    return frozenset(names.union(*(taxonomy.labels[name].parents for name in names)))


def right_boxes(seen: Seen) -> list[tuple[float, bool]]:
    """Raw score of every found box, the surest first, and whether it is right: of the kind, with
    an IoU of 0.5, and the first to be."""
    left = list(seen.boxes)
    rows = []
    for found in sorted(seen.sight.objects, key=lambda o: -o.confidence):
        box = (found.box_px.left, found.box_px.top, found.box_px.width, found.box_px.height)
        same = [one for one in left if one[0] == found.kind and overlap(one[1], box) >= IOU]
        if same:
            left.remove(max(same, key=lambda one: overlap(one[1], box)))
        rows.append((found.confidence, bool(same)))
    return rows


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes: left, top, width, height."""
    one, other = np.array(a), np.array(b)
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    common = float(np.clip(high - low, 0, None).prod())
    return common / (one[2] * one[3] + other[2] * other[3] - common)
