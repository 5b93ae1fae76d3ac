"""The labelled faces that attributes are measured on, read from ../shared/data.

labels/faces.csv holds labels made by eye on contact sheets, doubtful faces left blank; a face is
named by the start of its file's SHA-256. By the first hex digit of that hash every set falls into
two halves: even digits may calibrate, odd digits measure.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from beholden.analysis.attributes import FaceNetworks, FaceReaders, FaceView
from beholden.analysis.details import FaceDescriber
from beholden.analysis.image import ImageDecoder
from beholden.config import Settings
from beholden.domain.errors import InvalidImageFormat
from beholden.domain.face import FaceDetection
from beholden.domain.image import Image
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.evaluation.attributes import EMOTIONS
from beholden.vision.calibration import read_calibration
from beholden.vision.detectors import FaceDetector
from beholden.vision.embedders import FaceEmbedder

DATA = Path(__file__).parents[2] / "shared/data"
HAND_LABELS = Path(__file__).parent / "labels/faces.csv"
NETWORKS = ("face_mesh", "iris", "age", "gender", "emotion")
# The emotion sets are cropped to 48x48 pixels: enlarged, with a margin, the detector finds a face.
ENLARGED_PX, MARGIN_PX = 192, 48


@dataclass(frozen=True)
class LabelledFace:
    """One face; `labels` holds what is known of it. `calibrates` is its half."""

    set: str
    path: Path
    image: Image
    face: FaceView
    labels: Mapping[str, object] = field(default_factory=dict)

    @property
    def calibrates(self) -> bool:
        return calibrates(self.image)


def calibrates(image: Image) -> bool:
    return int(image.digest.hex()[0], 16) % 2 == 0


class FaceSets:
    """Reads a set, and finds the one face in each of its images (missing faces are counted); only
    those that are `wanted` are looked at."""

    def __init__(self, wanted: Callable[[Image], bool] = lambda _image: True) -> None:
        self._wanted = wanted
        settings = Settings()
        store, runtime = ModelStore(settings.models_dir, read_manifest()), OpenVino(1)
        networks = FaceNetworks(**{name: runtime.load(store.require(name)) for name in NETWORKS})
        self.readers = FaceReaders(networks)
        self.calibration = read_calibration()
        self.describer = FaceDescriber(networks, self.calibration)
        thresholds = store.spec("yunet").thresholds
        self._detector = FaceDetector(
            runtime.load(store.require("yunet")),
            score=thresholds["score"],
            nms_iou=thresholds["nms_iou"],
        )
        self.embedder = FaceEmbedder(runtime.load(store.require("sface")))
        self.missed: dict[str, int] = {}
        self._decoder = ImageDecoder()
        self._by_eye = {row["sha256_12"]: row for row in csv.DictReader(HAND_LABELS.open())}

    def view(self, image: Image, detection: FaceDetection) -> FaceView:
        mesh = self.readers.mesh(image, detection)
        return FaceView(self.readers, self.calibration, image, detection, mesh)

    def detect(self, image: Image) -> list[FaceDetection]:
        """The largest first."""
        return sorted(self._detector(image.pixels), key=lambda face: -face.box_px.area)

    def lfw(self, *, labelled: bool = False) -> Iterator[LabelledFace]:
        """All of it, or only the faces labelled by eye."""
        paths = sorted((DATA / "lfw/images").rglob("*.jpg"))
        return self._read("lfw", [p for p in paths if not labelled or _digest(p) in self._by_eye])

    def orl(self) -> Iterator[LabelledFace]:
        return self._read("orl", sorted((DATA / "orl").rglob("*.jpg")))

    def celebamask(self) -> Iterator[LabelledFace]:
        items = json.loads((DATA / "celebamask80/labels.json").read_text())["items"]
        known = {item["file"]: {"mouth_open": item["mouth_interior_visible"]} for item in items}
        return self._read("celebamask", sorted((DATA / "celebamask80/images").iterdir()), known)

    def utk(self) -> Iterator[LabelledFace]:
        known = {row["file"]: row for row in _rows(DATA / "faces_utk300/labels.csv")}
        return self._read("utk", sorted((DATA / "faces_utk300").rglob("*.jpg")), known)

    def samples(self) -> Iterator[LabelledFace]:
        for path in sorted((DATA / "samples").rglob("*.*")):
            try:
                image = self.decode(path)
            except InvalidImageFormat:  # two of them are WebP under another name
                continue
            for detection in self.detect(image):
                yield LabelledFace("samples", path, image, self.view(image, detection))

    def emotions(self) -> Iterator[LabelledFace]:
        for row in _rows(DATA / "emotions/labels.csv"):
            if row["emotion"] in EMOTIONS:
                path = next((DATA / "emotions").rglob(Path(row["file"]).name))
                name = "ck" if row["file"].lower().startswith("ck") else "fer2013"
                yield from self._one(
                    name, path, _enlarged(self.decode(path)), EMOTIONS[row["emotion"]]
                )

    def decode(self, path: Path) -> Image:
        encoded = path.read_bytes()
        return self._decoder.decode(encoded, max_bytes=len(encoded), min_side_px=1)

    def _one(self, name: str, path: Path, image: Image, emotion: str) -> Iterator[LabelledFace]:
        for detection in self._found(name, image)[:1]:
            labels = {"emotion": emotion}
            yield LabelledFace(name, path, image, self.view(image, detection), labels)

    def _read(
        self, name: str, paths: list[Path], known: Mapping[str, Mapping[str, object]] | None = None
    ) -> Iterator[LabelledFace]:
        for path in paths:
            image = self.decode(path)
            if found := self._found(name, image):
                labels = {**(known or {}).get(path.name, {}), **self._seen(image)}
                detection = min(found, key=lambda face: _off_centre(face, image))
                yield LabelledFace(name, path, image, self.view(image, detection), labels)

    def _found(self, name: str, image: Image) -> list[FaceDetection]:
        if not self._wanted(image):
            return []
        found = self.detect(image)
        self.missed[name] = self.missed.get(name, 0) + (not found)
        return found

    def _seen(self, image: Image) -> dict[str, object]:
        row = self._by_eye.get(image.digest.hex()[:12], {})
        return {key: value == "1" for key, value in row.items() if value in {"0", "1"}}


def transformed(pixels: np.ndarray) -> Image:
    """An image of changed pixels."""
    return Image(np.ascontiguousarray(pixels), hashlib.sha256(pixels.tobytes()).digest())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open() as lines:
        return list(csv.DictReader(lines))


def _enlarged(image: Image) -> Image:
    size = (ENLARGED_PX, ENLARGED_PX)
    large = cv2.resize(image.pixels, size, interpolation=cv2.INTER_CUBIC)
    framed = np.pad(large, ((MARGIN_PX, MARGIN_PX), (MARGIN_PX, MARGIN_PX), (0, 0)), "edge")
    return Image(np.ascontiguousarray(framed), image.digest)


def _off_centre(face: FaceDetection, image: Image) -> float:
    centre = face.box_px.centre
    return (centre.x - image.width_px / 2) ** 2 + (centre.y - image.height_px / 2) ** 2
