"""Protective equipment: persons, the parts of them that show, and what covers these.

A hand cover is never reported: no model that may be shipped sees one, and `DETECTED` says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beholden.analysis.faces import FaceAnalysis
from beholden.domain.arrays import Float32
from beholden.domain.equipment import (
    BodyPart,
    Cover,
    EquipmentType,
    EquippedPerson,
    SeenPart,
    Verdict,
)
from beholden.domain.face import FaceDetection, Told
from beholden.domain.geometry import Box, Point
from beholden.domain.image import Image
from beholden.domain.labels import ObjectDetection
from beholden.vision.body import BodyKeypoints, Joint
from beholden.vision.calibration.equipment import EquipmentCalibration
from beholden.vision.calibration.pictures import LogOdds
from beholden.vision.crops import Square
from beholden.vision.headwear import HeadCoverClassifier
from beholden.vision.masks import MaskClassifier, over_nose
from beholden.vision.objects import Detector

MAX_PERSONS = 15
# Rekognition: "predictions only where the detection confidence is between 50% - 100%".
LEAST = 0.5
DETECTED: Mapping[EquipmentType, BodyPart] = {
    EquipmentType.FACE_COVER: BodyPart.FACE,
    EquipmentType.HEAD_COVER: BodyPart.HEAD,
}
"""What can be detected, and on which part."""

HANDS = ((BodyPart.LEFT_HAND, Joint.LEFT_WRIST), (BodyPart.RIGHT_HAND, Joint.RIGHT_WRIST))
IN_FACE = (Joint.NOSE, Joint.LEFT_EYE, Joint.RIGHT_EYE, Joint.LEFT_EAR, Joint.RIGHT_EAR)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a head is: the middle of its forehead, and how high a face it has."""

    forehead: Point
    face_px: float
    confidence: float

    @property
    def square(self) -> Square:
        """What the classifier of headwear looks at: from above the hat to the mouth."""
        return Square(self.forehead, 1.6 * self.face_px)

    @property
    def cover_px(self) -> Box:
        """Where headwear sits, by the proportions of a head."""
        width, height = 1.05 * self.face_px, 0.77 * self.face_px
        left, top = self.forehead.x - width / 2, self.forehead.y - 0.53 * self.face_px
        return Box(left, top, width, height)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a person before equipment is looked for; `joints` (17, 3) as BodyKeypoints
    gives them, with probabilities for scores."""

    box_px: Box
    confidence: float
    joints: Float32
    face: FaceDetection | None
    head: Head | None


@dataclass(frozen=True, slots=True)
class EquipmentNetworks:
    """The networks of their own that equipment takes."""

    body: BodyKeypoints
    mask: MaskClassifier
    headwear: HeadCoverClassifier


class EquipmentAnalysis:
    """Callable: an image to its persons, the largest first, fifteen at most."""

    def __init__(
        self,
        detector: Detector,
        faces: FaceAnalysis,
        networks: EquipmentNetworks,
        person: LogOdds,
        calibration: EquipmentCalibration,
    ) -> None:
        """`person` gives the probability of a person's box by the detector's score."""
        self._detector = detector
        self._faces = faces
        self._networks = networks
        self._person = person
        self._calibration = calibration

    def __call__(self, image: Image) -> list[EquippedPerson]:
        return [self._equipped(image, one) for one in self.persons(image)]

    def persons(self, image: Image) -> list[Seen]:
        """Whoever is there, by a box that is sure enough or by a face with an unsure box around
        it: then as surely as the face is one."""
        found = [one for one in self._detector(image.pixels) if one.kind == "person"]
        faces = self._faces.detect(image)
        sure = [one for one in found if self._sure(one) >= LEAST]
        own = faces_of([one.box_px for one in sure], faces)
        ownerless = [face for face in faces if not any(face is taken for taken in own.values())]
        unsure = [one.box_px for one in found if self._sure(one) < LEAST]
        led = faces_of(unsure, ownerless)
        seen = [
            self._seen(image, one.box_px, self._sure(one), own.get(n)) for n, one in enumerate(sure)
        ]
        seen += [self._seen(image, unsure[n], face.confidence, face) for n, face in led.items()]
        return distinct(sorted(seen, key=lambda one: -one.box_px.area))[:MAX_PERSONS]

    def _sure(self, found: ObjectDetection) -> float:
        return self._person.probability(found.confidence)

    def _seen(
        self, image: Image, box_px: Box, confidence: float, face: FaceDetection | None
    ) -> Seen:
        joints = self._networks.body(image.pixels, box_px)
        joints[:, 2] = [self._calibration.joint.probability(score) for score in joints[:, 2]]
        head = head_of_face(face) if face else head_of_joints(joints)
        return Seen(box_px, confidence, joints, face, head)

    def _equipped(self, image: Image, seen: Seen) -> EquippedPerson:
        parts = [self._on_face(image, seen.face)] if seen.face else []
        parts += [SeenPart(part, float(seen.joints[joint, 2])) for part, joint in HANDS]
        parts += [self._on_head(image, seen.head)] if seen.head else []
        sure = tuple(part for part in parts if part.confidence >= LEAST)
        return EquippedPerson(seen.box_px, seen.confidence, sure)

    def _on_face(self, image: Image, face: FaceDetection) -> SeenPart:
        score = self._networks.mask(image.pixels, face)
        place = below_eyes(face)
        sure = self._calibration.mask.probability(score)
        over = self._calibration.over_nose.probability(over_nose(image.pixels, face))
        covers = _cover(
            EquipmentType.FACE_COVER, place, sure, Told(over >= LEAST, max(over, 1 - over))
        )
        return SeenPart(BodyPart.FACE, face.confidence, place, covers)

    def _on_head(self, image: Image, head: Head) -> SeenPart:
        score = self._networks.headwear(image.pixels, head.square)
        sure = self._calibration.head_cover.probability(score)
        # It was looked for on the head alone: what is found there covers it, as surely.
        covers = _cover(EquipmentType.HEAD_COVER, head.cover_px, sure, Told(True, sure))
        return SeenPart(BodyPart.HEAD, head.confidence, head.cover_px, covers)


def _cover(kind: EquipmentType, box_px: Box, sure: float, covers: Told[bool]) -> tuple[Cover, ...]:
    return (Cover(kind, box_px, sure, covers),) if sure >= LEAST else ()


def faces_of(persons_px: Sequence[Box], faces: Iterable[FaceDetection]) -> dict[int, FaceDetection]:
    """By the number of the person: each face belongs to the person in whose box it stands nearest
    to the middle of the top; a person has one face, the largest."""
    taken: dict[int, FaceDetection] = {}
    for face in faces:
        offsets = {
            n: _offset(box, face.box_px.centre)
            for n, box in enumerate(persons_px)
            if n not in taken
        }
        nearest = min(offsets, key=lambda n: offsets[n], default=None)
        if nearest is not None and offsets[nearest] <= 1:
            taken[nearest] = face
    return taken


def distinct(persons: Sequence[Seen]) -> list[Seen]:
    """One head is one person: of two boxes around the same head the one with the face is kept, or
    else the larger, in the order given."""
    kept: list[Seen] = []
    for one in sorted(persons, key=lambda seen: seen.face is None):
        if not any(_same(one.head, other.head) for other in kept):
            kept.append(one)
    return [one for one in persons if any(one is other for other in kept)]


def _same(one: Head | None, other: Head | None) -> bool:
    if one is None or other is None:
        return False
    apart = math.hypot(one.forehead.x - other.forehead.x, one.forehead.y - other.forehead.y)
    return apart < 0.5 * max(one.face_px, other.face_px)


def _offset(person_px: Box, at: Point) -> float:
    """0 at the middle of the top edge of a person's box, 1 at its sides and at its middle height;
    infinite outside."""
    aside = abs(at.x - person_px.centre.x) / (person_px.width / 2)
    below = (at.y - person_px.top) / (person_px.height / 2)
    return max(aside, below) if below >= 0 else math.inf


def head_of_face(face: FaceDetection) -> Head:
    box = face.box_px
    height = max(box.width, box.height)
    return Head(Point(box.centre.x, box.top + 0.1 * height), height, face.confidence)


def head_of_joints(joints: Float32) -> Head | None:
    """The head by joints (17, 3), where no face is seen: from behind, or bent down."""
    seen = joints[np.array(IN_FACE)]
    seen = seen[seen[:, 2] >= LEAST]
    shoulders = joints[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]]
    if len(seen) < 2 or shoulders[:, 2].min() < LEAST:
        return None
    x, y, confidence = (float(value) for value in seen.mean(axis=0))
    # An adult's face is about half as high as the shoulders are wide; turned aside, they look
    # narrower, but stand as far below the eyes.
    wide = float(np.hypot(*(shoulders[0, :2] - shoulders[1, :2])))
    below = float(shoulders[:, 1].mean()) - y
    height = max(0.5 * wide, 0.75 * below)
    return Head(Point(x, y - 0.3 * height), height, confidence) if height > 0 else None


def below_eyes(face: FaceDetection) -> Box:
    """What a mask covers: from the eyes to under the chin."""
    box, eyes = face.box_px, float(face.landmarks_px[:2, 1].mean())
    return Box(box.left, eyes, box.width, max(1.0, box.bottom + 0.07 * box.height - eyes))


def verdict(person: EquippedPerson, required: Iterable[EquipmentType], least: float) -> Verdict:
    """Whether a person wears all of it, each thing as sure as `least`. Somebody lacks something if
    a part of them is seen without it; what cannot be seen, or not be detected, is unknown."""
    each = {_worn(person, kind, least) for kind in required}
    if person.confidence < least:
        return Verdict.UNKNOWN
    if Verdict.LACKS in each:
        return Verdict.LACKS
    return Verdict.UNKNOWN if Verdict.UNKNOWN in each else Verdict.WEARS


def _worn(person: EquippedPerson, kind: EquipmentType, least: float) -> Verdict:
    on = DETECTED.get(kind)
    parts = [part for part in person.parts if part.name == on and part.confidence >= least]
    if not parts:
        return Verdict.UNKNOWN
    told = {_covering(c, least) for part in parts for c in part.covers if c.kind is kind}
    if Verdict.WEARS in told:
        return Verdict.WEARS
    return Verdict.UNKNOWN if Verdict.UNKNOWN in told else Verdict.LACKS


def _covering(cover: Cover, least: float) -> Verdict:
    covers = cover.covers
    if cover.confidence < least or covers is None or covers.confidence < least:
        return Verdict.UNKNOWN
    return Verdict.WEARS if covers.value else Verdict.LACKS
