"""Pictures whose objects or kind are known, looked at once, for the benchmarks and tests of labels.

COCO: 200 photos with 1,461 boxes of 80 kinds. ImageNet: 40 photos, each of one known thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from beholden.analysis.image import ImageDecoder
from beholden.analysis.labels import LabelAnalysis, Sight
from beholden.analysis.taxonomy import Taxonomy, read_taxonomy
from beholden.config import Settings
from beholden.domain.image import Image
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.evaluation.boxes import BoxList, object_of, read_boxes
from beholden.ports.inference import Inference
from beholden.vision.calibration.pictures import read_picture_calibration
from beholden.vision.objects import ObjectDetector
from beholden.vision.scenes import SceneClassifier

DATA = Path(__file__).parents[2] / "shared/data"
MAX_BYTES = 15 * 2**20
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
    """`size` is that of the picture, width and height in pixels; `labels` are those known to hold,
    with all above them; `no` is its number in its set."""

    set: str
    no: int
    size: tuple[int, int]
    sight: Sight
    labels: frozenset[str]

    @property
    def calibrates(self) -> bool:
        """Every second picture of a set; the others measure."""
        return self.no % 2 == 1


def coco(analysis: LabelAnalysis, *, every: int = 1) -> Iterator[Seen]:
    """The 200 photos of COCO, or one in `every`."""
    boxes, taxonomy = coco_boxes(every=every), read_taxonomy()
    for no, path in enumerate(boxes.images.paths):
        names = {
            boxes.kinds[a["category_id"] - 1]
            for a in boxes.truth["annotations"]
            if a["image_id"] == no + 1
        }
        yield _seen(analysis, "coco", no * every + 1, path, with_parents(taxonomy, names))


def coco_boxes(*, every: int = 1) -> BoxList:
    """The list of their boxes."""
    path = DATA / "coco200/annotations.json"
    given = json.loads(path.read_text("utf-8"))
    images = given["images"][::every]
    kept = {image["id"] for image in images}
    some = [a for a in given["annotations"] if a["image_id"] in kept]
    with TemporaryDirectory() as folder:
        part = Path(folder) / path.name
        part.write_text(json.dumps({**given, "images": images, "annotations": some}), "utf-8")
        return read_boxes(part, path.parent / "images", object_of)


def imagenet(analysis: LabelAnalysis, *, every: int = 1) -> Iterator[Seen]:
    """The 40 photos of ImageNet, or one in `every`."""
    taxonomy = read_taxonomy()
    paths = sorted(DATA.glob("imagenet40/*"))
    known = list(enumerate(zip(paths, IMAGENET, strict=True)))
    for no, (path, name) in known[::every]:
        labels = with_parents(taxonomy, {name})
        yield _seen(analysis, "imagenet", no, path, labels)


def _seen(analysis: LabelAnalysis, name: str, no: int, path: Path, labels: frozenset[str]) -> Seen:
    image = decode(path)
    return Seen(name, no, (image.width_px, image.height_px), analysis.look(image), labels)


def with_parents(taxonomy: Taxonomy, names: set[str]) -> frozenset[str]:
    return frozenset(names.union(*(taxonomy.labels[name].parents for name in names)))
