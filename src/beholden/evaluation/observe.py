"""Looking at every image of a list once, with the deployment's own decoder and models."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from beholden.analysis.details import ALL_ATTRIBUTES
from beholden.analysis.evaluator import Evaluator
from beholden.analysis.text import TextAnalysis, TextFilter
from beholden.domain.arrays import Float32
from beholden.domain.errors import ClientError, NoFaceInImage
from beholden.domain.face import FaceAttributes, FaceDetection, Told
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Label
from beholden.evaluation.work import WorkFile

# As for an S3 object: the same limits as requests have.
MAX_BYTES = 15 * 1024 * 1024
FACE = "Face"


class Look(StrEnum):
    """What is taken from each image."""

    TEMPLATE = "template"
    ATTRIBUTES = "attributes"
    FACES = "faces"
    OBJECTS = "objects"
    TEXT = "text"


class WhichFace(StrEnum):
    """Whom the list speaks of where an image shows several: the largest face, as in CompareFaces
    and IndexFaces, or the one nearest to the middle."""

    LARGEST = "largest"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class Found:
    """A face, an object by its label, a word by its text, with a confidence of 0..1. `place_px` is
    left, top, width and height of a box, x and y of each of a word's corners, and empty for a label
    of the picture as a whole."""

    what: str
    confidence: float
    place_px: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen on one image.

    `failure` is the error's name if nothing could be taken from it (a failure to acquire). `boxes`
    are (left, top, width, height, confidence) of faces in pixels of an image of `size` (width,
    height); embedding and attributes are of the first of them. `found` is what a list of boxes or
    of text is compared with.
    """

    failure: str | None = None
    size: tuple[int, int] = (0, 0)
    boxes: tuple[tuple[float, ...], ...] = ()
    embedding: tuple[float, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    found: tuple[Found, ...] = ()

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> Observation:
        seen = json.loads(data)
        boxes = tuple(tuple(box) for box in seen.pop("boxes"))
        size, embedding = tuple(seen.pop("size")), tuple(seen.pop("embedding"))
        found = tuple(
            Found(one["what"], one["confidence"], tuple(one["place_px"]))
            for one in seen.pop("found")
        )
        return cls(boxes=boxes, size=size, embedding=embedding, found=found, **seen)


def observe(
    evaluator: Evaluator, look: Look, path: Path, which: WhichFace = WhichFace.LARGEST
) -> Observation:
    """One image, as a request would be answered. What a request would be refused for is a
    failure to acquire, and so is a file that cannot be read."""
    try:
        image = evaluator.decoder.decode(path.read_bytes(), max_bytes=MAX_BYTES)
        if look in ON_THE_WHOLE:
            size = (image.width_px, image.height_px)
            return Observation(size=size, found=tuple(ON_THE_WHOLE[look](evaluator, image)))
        found = evaluator.analysis.detect(image)
        if not found:
            raise NoFaceInImage
    except (OSError, ClientError) as error:
        return Observation(failure=type(error).__name__)
    if which is WhichFace.CENTRAL:
        found = sorted(found, key=lambda face: _off_centre(face, image))
    return _seen(evaluator, look, image, found)


def _faces(evaluator: Evaluator, image: Image) -> Iterator[Found]:
    for face in evaluator.analysis.detect(image):
        yield Found(FACE, face.confidence, place_of(face.box_px))


def objects_of(labels: Iterable[Label]) -> Iterator[Found]:
    """Every label, and every place of one, however low its confidence."""
    for label in labels:
        yield Found(label.named.name, label.confidence)
        for instance in label.instances:
            yield Found(label.named.name, instance.confidence, place_of(instance.box_px))


def words_of(text: TextAnalysis, image: Image) -> Iterator[Found]:
    """Every word in reading order, however low its confidence, not only a request's first 100."""
    for line in text.read(image, TextFilter(most=sys.maxsize)):
        for word in line.words:
            corners = tuple(float(n) for n in word.quad_px.ravel())
            yield Found(word.text, float(word.confidence), corners)


ON_THE_WHOLE: Mapping[Look, Callable[[Evaluator, Image], Iterator[Found]]] = {
    Look.FACES: _faces,
    Look.OBJECTS: lambda evaluator, image: objects_of(evaluator.labels(image)),
    Look.TEXT: lambda evaluator, image: words_of(evaluator.text, image),
}


def place_of(box: Box) -> tuple[float, ...]:
    """As in Found."""
    return float(box.left), float(box.top), float(box.width), float(box.height)


def _off_centre(face: FaceDetection, image: Image) -> float:
    at = face.box_px.centre
    return math.hypot(at.x - image.width_px / 2, at.y - image.height_px / 2)


def _seen(
    evaluator: Evaluator, look: Look, image: Image, found: Sequence[FaceDetection]
) -> Observation:
    boxes = tuple((*place_of(face.box_px), face.confidence) for face in found)
    embedding: tuple[float, ...] = ()
    attributes: dict[str, Any] = {}
    if look is Look.TEMPLATE:
        embedding = tuple(evaluator.analysis.embed(image, found[:1])[0][0].tolist())
    if look is Look.ATTRIBUTES:
        details = evaluator.describer.describe(image, found[:1], ALL_ATTRIBUTES)[0]
        attributes = told(details.attributes)
    return Observation(None, (image.width_px, image.height_px), boxes, embedding, attributes)


def told(attributes: FaceAttributes) -> dict[str, Any]:
    """Attributes as JSON: what could not be told is left out."""
    named = {
        name: getattr(attributes, name)
        for name in FaceAttributes.__dataclass_fields__
        if name != "eye_direction"
    }
    plain = {k: v.value if isinstance(v, Told) else v for k, v in named.items() if v is not None}
    if attributes.emotions:
        plain["emotions"] = dict(attributes.emotions)
    return plain


def observe_all(
    paths: Sequence[Path],
    look: Callable[[Path], Observation],
    work: WorkFile,
    threads: int,
    done: Callable[[], None],
) -> list[Observation]:
    """An observation per path, in order; those the work file holds already are not made again.

    `done` is called once per image. An interrupt leaves the work file as it is: resumable.
    """
    seen: dict[Path, Observation] = {}
    for path in dict.fromkeys(paths):
        if (kept := work.get(path)) is not None:
            seen[path] = Observation.from_bytes(kept)
            done()
    with _threads(threads) as pool:
        started = {pool.submit(look, p): p for p in dict.fromkeys(paths) if p not in seen}
        for future in as_completed(started):
            path = started[future]
            seen[path] = future.result()
            work.put(path, seen[path].to_bytes())
            done()
    return [seen[path] for path in paths]


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that drops what has not begun when the block is left by an error or Ctrl-C."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures to acquire (ISO/IEC 19795-1, FTA): images without a template, by reason."""

    images: int
    failed: int
    reasons: dict[str, int]
    more_than_one_face: int

    @classmethod
    def count(cls, seen: Sequence[Observation]) -> Failures:
        reasons = Counter(o.failure for o in seen if o.failure)
        several = sum(len(o.boxes) > 1 for o in seen)
        return cls(len(seen), sum(reasons.values()), dict(sorted(reasons.items())), several)


def embeddings_of(
    seen: Sequence[Observation],
) -> tuple[Float32, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Unit embeddings (n, d) and a mask (n,) of the images that have one; other rows are 0."""
    has = np.array([bool(o.embedding) for o in seen])
    width = next((len(o.embedding) for o in seen if o.embedding), 1)
    rows = [o.embedding or (0.0,) * width for o in seen]
    return np.array(rows, np.float32).reshape(len(seen), width), has
