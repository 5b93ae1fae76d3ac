"""The networks of the manifest, put together as the analyses want them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from threading import Lock
from typing import Any, TypeVar, cast

import cv2

from beholden.analysis.details import FaceDescriber, FaceNetworks
from beholden.analysis.equipment import EquipmentAnalysis, EquipmentNetworks
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.moderation import ModerationAnalysis, read_moderation_taxonomy
from beholden.analysis.once import OncePerPicture
from beholden.analysis.taxonomy import read_taxonomy
from beholden.analysis.text import TextAnalysis
from beholden.config import Settings
from beholden.domain.arrays import UInt8
from beholden.domain.errors import OperatorError
from beholden.domain.model import ModelSpec
from beholden.engines.inference.on_demand import OnDemand
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.ports.inference import Network
from beholden.vision.adult import AdultClassifier, AdultContent, AdultLogitsClassifier
from beholden.vision.body import BodyKeypoints
from beholden.vision.calibration import read_calibration
from beholden.vision.calibration.equipment import read_equipment_calibration
from beholden.vision.calibration.pictures import read_picture_calibration
from beholden.vision.calibration.text import TextScale
from beholden.vision.detectors import FaceDetector
from beholden.vision.detr import DetrDetector
from beholden.vision.embedders import FaceEmbedder
from beholden.vision.headwear import HeadCoverClassifier
from beholden.vision.landmarks import FaceMesh
from beholden.vision.masks import MaskClassifier
from beholden.vision.objects import Detector, ObjectDetector
from beholden.vision.ocr.detector import TextDetector
from beholden.vision.ocr.direction import TextDirection
from beholden.vision.ocr.recogniser import TextRecogniser
from beholden.vision.scenes import Classifier, LogitsClassifier, SceneClassifier

# How networks of other forms come into the place of Beholden's own: docs/models.md.
DETECTORS: Mapping[str | None, Callable[..., Detector]] = {
    None: ObjectDetector,
    "detr": DetrDetector,
}
CLASSIFIERS: Mapping[str | None, Callable[..., Classifier]] = {
    None: SceneClassifier,
    "logits": LogitsClassifier,
}
ADULT: Mapping[str | None, Callable[..., AdultContent]] = {
    None: AdultClassifier,
    "logits": AdultLogitsClassifier,
}
Made = TypeVar("Made")
# Score from which on something may be a face: docs/decisions/0036-privacy-view.md.
POSSIBLE_FACE = 0.3


class Models:
    """Networks by their names in the manifest, put together as the analyses want them.

    With `once`, what several analyses ask about one picture in turn is found out once.
    """

    def __init__(self, settings: Settings, *, once: bool = False) -> None:
        # As with networks, one call computes on one core: OpenCV's threads spin while they wait.
        cv2.setNumThreads(1)
        self._store = ModelStore(settings.models_dir, read_manifest(settings.models_manifest))
        self._runtime = OpenVino(settings.streams, settings.precision)
        self._loading = Lock()
        self._loaded: dict[str, Network] = {}
        self._on_demand: dict[str, OnDemand] = {}
        self._idle_s = settings.models_idle_s
        self._once = once
        self._shared: dict[str, OncePerPicture[Any]] = {}

    @property
    def face_model_version(self) -> str:
        version = self._store.spec("sface").face_model_version
        if version is None:
            raise OperatorError("The manifest gives the model sface no face_model_version.")
        return version

    def analysis(self) -> FaceAnalysis:
        mesh = FaceMesh(self._network("face_mesh"))
        detector = self._asked("yunet", self._faces)
        embedder = FaceEmbedder(self._network("sface"))
        return FaceAnalysis(detector, mesh, embedder, self._faces().closer)

    def possible_faces(self) -> FaceDetector:
        """Finds more than there is: what is to be hidden, not what is to be recognised."""
        return self._faces(score=POSSIBLE_FACE)

    def _faces(self, **changed: float) -> FaceDetector:
        thresholds = {**self._spec("yunet").thresholds, **changed}
        return FaceDetector(self._network("yunet"), **thresholds)

    def describer(self) -> FaceDescriber:
        names = ("iris", "age", "gender", "emotion")
        rest = {name: self._when_needed(name) for name in names}
        networks = FaceNetworks(face_mesh=self._network("face_mesh"), **rest)
        return FaceDescriber(networks, read_calibration())

    def labels(self) -> LabelAnalysis:
        detector = self._adapted("objects", DETECTORS)
        classifier = self._adapted("scenes", CLASSIFIERS)
        return LabelAnalysis(detector, classifier, read_taxonomy(), read_picture_calibration())

    def moderation(self) -> ModerationAnalysis:
        adult = self._adapted("adult", ADULT)
        taxonomy, calibration = read_moderation_taxonomy(), read_picture_calibration()
        return ModerationAnalysis(self.labels(), adult, taxonomy, calibration.adult)

    def equipment(self) -> EquipmentAnalysis:
        networks = EquipmentNetworks(
            BodyKeypoints(self._when_needed("body")),
            MaskClassifier(self._when_needed("mask")),
            HeadCoverClassifier(self._adapted("scenes", CLASSIFIERS)),
        )
        detector = self._adapted("objects", DETECTORS)
        person, calibration = read_picture_calibration().box, read_equipment_calibration()
        return EquipmentAnalysis(detector, self.analysis(), networks, person, calibration)

    def _adapted(self, name: str, adapters: Mapping[str | None, Callable[..., Made]]) -> Made:
        spec = self._spec(name)
        if spec.adapter not in adapters:
            known = ", ".join(repr(kind) for kind in adapters if kind)
            raise OperatorError(f"{name}: no adapter {spec.adapter!r}: there is {known}.")
        return self._asked(name, self._fitted(name, adapters[spec.adapter]))

    def _fitted(self, name: str, kind: Callable[..., Made]) -> Callable[[], Made]:
        """`kind` with the network `name` and the thresholds of its table. Raises OperatorError."""
        thresholds = self._spec(name).thresholds
        try:
            signature(kind).bind(None, **thresholds)
        except TypeError as error:
            raise OperatorError(f"{name}: thresholds: {error}: see docs/models.md.") from error
        return partial(kind, self._when_needed(name), **thresholds)

    def _asked(self, name: str, make: Callable[[], Made]) -> Made:
        """What looks at pictures: by itself, or shared by the analyses that ask it."""
        if not self._once:
            return make()
        if name not in self._shared:
            self._shared[name] = OncePerPicture(cast(Callable[[UInt8], Any], make()))
        return cast(Made, self._shared[name])

    def _when_needed(self, name: str) -> OnDemand:
        if name not in self._on_demand:
            self._on_demand[name] = OnDemand(partial(self._load, name), self._idle_s)
        return self._on_demand[name]

    def text(self) -> TextAnalysis:
        return TextAnalysis(
            self._asked("text_detector", self._fitted("text_detector", TextDetector)),
            TextDirection(self._when_needed("text_direction")),
            TextRecogniser(self._when_needed("text_recogniser"), self._alphabet),
            TextScale.load(),
        )

    def _alphabet(self) -> str:
        return self._runtime.metadata(self._store.require("text_recogniser"), "character")

    def _spec(self, name: str) -> ModelSpec:
        return self._store.spec(name)

    def _network(self, name: str) -> Network:
        """Loaded at once and to stay: what finds and recognises faces."""
        with self._loading:  # sessions of live video begin at once
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def _load(self, name: str) -> Network:
        return self._runtime.load(self._store.require(name))
