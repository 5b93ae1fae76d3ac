"""Rekognition's optional face attributes: networks and measurements, calibrated, or left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from beholden.domain.arrays import Float32
from beholden.domain.face import FaceAttributes, FaceDetection, Told
from beholden.domain.image import Image
from beholden.ports.inference import Network
from beholden.vision.attributes import (
    AgeEstimator,
    EmotionClassifier,
    GenderClassifier,
    age_moments,
    happy_log_odds,
    tempered,
)
from beholden.vision.calibration import AttributeCalibration
from beholden.vision.landmarks import Eye, FaceMesh, IrisReader, Mesh
from beholden.vision.measures import (
    FacePatch,
    bridge_line,
    eye_openness,
    face_patch,
    lens_darkness,
    mouth_gap,
)


@dataclass(frozen=True, slots=True)
class FaceNetworks:
    """The networks of models.toml that describe a face, by their names there."""

    face_mesh: Network
    iris: Network
    age: Network
    gender: Network
    emotion: Network


class FaceReaders:
    """Each network in the shape of its task."""

    def __init__(self, networks: FaceNetworks) -> None:
        self.mesh = FaceMesh(networks.face_mesh)
        self.eyes = IrisReader(networks.iris)
        self.age = AgeEstimator(networks.age)
        self.gender = GenderClassifier(networks.gender)
        self.emotion = EmotionClassifier(networks.emotion)


class FaceView:
    """One face and what was already worked out about it: nothing is run before it is asked for,
    and nothing twice. A method that cannot tell returns None."""

    def __init__(
        self,
        readers: FaceReaders,
        calibration: AttributeCalibration,
        image: Image,
        detection: FaceDetection,
        mesh: Mesh,
    ) -> None:
        self._readers = readers
        self._calibration = calibration
        self._image = image
        self.detection = detection
        self.mesh = mesh

    @property
    def whole(self) -> bool:
        """Whether the mesh found a face to describe at all."""
        return self.mesh.presence >= self._calibration.limits.min_presence

    @cached_property
    def eyes(self) -> tuple[Eye, Eye]:
        return self._readers.eyes(self._image, self.mesh)

    @cached_property
    def patch(self) -> FacePatch:
        return face_patch(self._image, self.mesh)

    @cached_property
    def emotion(self) -> Float32:
        """Log probabilities before calibration, in the order of EMOTIONS."""
        return self._readers.emotion(self._image, self.detection)

    @cached_property
    def age_distribution(self) -> Float32:
        return self._readers.age(self._image, self.mesh)

    @cached_property
    def gender_log_odds(self) -> float:
        """Of male over female, before calibration."""
        return self._readers.gender(self._image, self.mesh)

    def age_years(self) -> tuple[int, int]:
        return self._calibration.age.range_of(*age_moments(self.age_distribution))

    def gender(self) -> Told[str]:
        male = self._calibration.gender.told(self.gender_log_odds)
        return Told("Male" if male.value else "Female", male.confidence)

    def emotions(self) -> Mapping[str, float]:
        return tempered(self.emotion, self._calibration.emotion.temperature)

    def smile(self) -> Told[bool]:
        return self._calibration.smile.told(happy_log_odds(self.emotion))

    def mouth_open(self) -> Told[bool]:
        return self._calibration.mouth_open.told(mouth_gap(self.mesh))

    def eyes_open(self) -> Told[bool] | None:
        """Not told behind dark lenses: the iris network draws open eyes there."""
        if not self._shows_detail or self._sunglasses.value:
            return None
        return self._calibration.eyes_open.told(eye_openness(self.eyes))

    def eyeglasses(self) -> Told[bool] | None:
        if not self._shows_detail:
            return None
        return self._calibration.eyeglasses.told(bridge_line(self.patch))

    def sunglasses(self) -> Told[bool]:
        return self._sunglasses

    @cached_property
    def _sunglasses(self) -> Told[bool]:
        return self._calibration.sunglasses.told(lens_darkness(self.patch))

    @property
    def _shows_detail(self) -> bool:
        return self.patch.eye_distance_px >= self._calibration.limits.min_eye_distance_px


# Attribute name to field and measurement. BEARD, MUSTACHE, FACE_OCCLUDED and EYE_DIRECTION are not
# here: no model or measurement at hand tells them reliably (docs/model-cards/face-attributes.md).
_TOLD: Mapping[str, tuple[str, Callable[[FaceView], object]]] = {
    "AGE_RANGE": ("age_years", FaceView.age_years),
    "GENDER": ("gender", FaceView.gender),
    "EMOTIONS": ("emotions", FaceView.emotions),
    "SMILE": ("smile", FaceView.smile),
    "MOUTH_OPEN": ("mouth_open", FaceView.mouth_open),
    "EYES_OPEN": ("eyes_open", FaceView.eyes_open),
    "EYEGLASSES": ("eyeglasses", FaceView.eyeglasses),
    "SUNGLASSES": ("sunglasses", FaceView.sunglasses),
}


def attributes_of(face: FaceView, wanted: frozenset[str]) -> FaceAttributes:
    """The wanted attributes that can be told; none of a face the mesh does not find whole."""
    if not face.whole:
        return FaceAttributes()
    told = {field: tell(face) for name, (field, tell) in _TOLD.items() if name in wanted}
    return FaceAttributes(**told)  # type: ignore[arg-type]
