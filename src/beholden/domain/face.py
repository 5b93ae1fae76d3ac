"""What vision tells of a face, and what a collection keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from beholden.domain.arrays import Float16, Float32
from beholden.domain.geometry import Box, Point

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """A value and how sure the model is of it, 0..1. What cannot be told is None instead."""

    value: T
    confidence: float


@dataclass(frozen=True, slots=True)
class FaceDetection:
    """One detected face.

    `landmarks_px` has shape (5, 2): image-left eye, image-right eye, nose tip, image-left and
    image-right mouth corner. `confidence` is 0..1.
    """

    box_px: Box
    confidence: float
    landmarks_px: Float32


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. Roll grows clockwise, yaw to image right, pitch upwards; 0 is a frontal face."""

    roll_deg: float
    yaw_deg: float
    pitch_deg: float


@dataclass(frozen=True, slots=True)
class Quality:
    """0..100 each, as Rekognition states them."""

    brightness_pct: float
    sharpness_pct: float


@dataclass(frozen=True, slots=True)
class EyeDirection:
    """Degrees, relative to the camera; `confidence` 0..1."""

    yaw_deg: float
    pitch_deg: float
    confidence: float


@dataclass(frozen=True, slots=True)
class FaceAttributes:
    """Optional attributes; None means "not asked for" or "cannot be told", never a guess.

    `emotions` maps Rekognition's EmotionName to 0..1; `age_years` is (low, high).
    """

    age_years: tuple[int, int] | None = None
    gender: Told[str] | None = None
    emotions: Mapping[str, float] | None = None
    smile: Told[bool] | None = None
    mouth_open: Told[bool] | None = None
    eyes_open: Told[bool] | None = None
    eyeglasses: Told[bool] | None = None
    sunglasses: Told[bool] | None = None
    beard: Told[bool] | None = None
    mustache: Told[bool] | None = None
    face_occluded: Told[bool] | None = None
    eye_direction: EyeDirection | None = None


@dataclass(frozen=True, slots=True)
class FaceDetails:
    """A detection and what was measured on it.

    `landmarks_px` is keyed by Rekognition's LandmarkType: always the five of the detection, and up
    to thirty when all attributes were asked for. `presence` is 0..1, the mesh's own opinion, apart
    from the detector's, of whether a whole face is there; None where no mesh was fitted.
    """

    detection: FaceDetection
    landmarks_px: Mapping[str, Point]
    pose: Pose
    quality: Quality
    attributes: FaceAttributes = field(default_factory=FaceAttributes)
    presence: float | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A stored biometric reference.

    `vector` has shape (d,), float16, unit norm before rounding: what is searched is exactly what
    is stored. `quality` is 0..1, the weight of this template in its user's template.
    """

    vector: Float16
    model_version: str
    quality: float


@dataclass(frozen=True, slots=True)
class NewFace:
    """A face about to be enrolled. `box_ratio` is in ratios of the upright image, not pixels;
    `picture` (JPEG) is kept for those who review matches, where there are such; `purpose` is what
    it is enrolled for, and ends with."""

    face_id: str
    image_id: str
    external_image_id: str | None
    image_digest: bytes
    box_ratio: Box
    confidence: float
    template: Template
    details: Mapping[str, object] = field(default_factory=dict)
    picture: bytes | None = None
    purpose: str = ""


class Hold(StrEnum):
    """Why a face is kept, though no search finds it. `LEGAL` also outlasts its retention term and
    every deletion, until it is released."""

    KEPT = "kept"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Face:
    """An enrolled face as records keep it; `no` is its number inside Beholden, never shown."""

    no: int
    face_id: str
    image_id: str
    external_image_id: str | None
    box_ratio: Box
    confidence: float
    model_version: str
    user_id: str | None
    details: Mapping[str, object] = field(default_factory=dict)
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A subject with associated faces. `status` is Rekognition's UserStatus."""

    no: int
    user_id: str
    status: str
    face_count: int


@dataclass(frozen=True, slots=True)
class Collection:
    """The AWS-visible container. `no` is never reused, so a recreated name is another collection.

    `change_seq` grows with every change to its faces and users; the gallery follows it.
    """

    no: int
    collection_id: str
    arn: str
    model_version: str
    created_at: datetime
    face_count: int
    user_count: int
    change_seq: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ranked search result: `subject_no` is a face's or a user's number, `score` a raw cosine."""

    subject_no: int
    score: float
