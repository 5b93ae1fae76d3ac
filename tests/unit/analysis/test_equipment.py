"""Persons, heads, covers and verdicts, with networks that are plain functions."""

import numpy as np
import pytest

from beholden.analysis.equipment import (
    MAX_PERSONS,
    EquipmentAnalysis,
    EquipmentNetworks,
    faces_of,
    head_of_face,
    head_of_joints,
    verdict,
)
from beholden.domain.equipment import (
    BodyPart,
    Cover,
    EquipmentType,
    EquippedPerson,
    SeenPart,
    Verdict,
)
from beholden.domain.face import FaceDetection, Told
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import ObjectDetection
from beholden.testing.inference import FakeNetwork
from beholden.vision.body import BodyKeypoints, Joint
from beholden.vision.calibration.equipment import read_equipment_calibration
from beholden.vision.calibration.pictures import LogOdds
from beholden.vision.headwear import KINDS, HeadCoverClassifier
from beholden.vision.masks import MaskClassifier, over_nose
from beholden.vision.scenes import SceneClassifier

AS_IS = LogOdds(1.0, 0.0, 1.0)
GREY = Image(np.full((600, 800, 3), 90, np.uint8), b"")
FACE, HEAD = EquipmentType.FACE_COVER, EquipmentType.HEAD_COVER


def a_face(left, top, width=60.0, height=80.0, confidence=0.9):
    shares = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)])
    points = (shares * (width, height) + (left, top)).astype(np.float32)
    return FaceDetection(Box(left, top, width, height), confidence, points)


class Faces:
    """Finds these faces in whatever it is given."""

    def __init__(self, *faces):
        self.faces = faces

    def detect(self, _image):
        return list(self.faces)


def analysis(persons, faces=(), joints=None, mask=0.0, headwear=0.0):
    seen = np.zeros((1, 1, 17, 3), np.float32) if joints is None else joints
    scene = np.zeros((1, 1000), np.uint8)
    scene[0, next(iter(KINDS))] = round(headwear * 256)
    networks = EquipmentNetworks(
        BodyKeypoints(FakeNetwork(lambda _crop: [seen])),
        MaskClassifier(FakeNetwork(lambda _crop: [np.array([[mask, 1 - mask]], np.float32)])),
        HeadCoverClassifier(SceneClassifier(FakeNetwork(lambda _crop: [scene]))),
    )
    found = [ObjectDetection(kind, box, score) for kind, box, score in persons]
    return EquipmentAnalysis(
        lambda _pixels: found, Faces(*faces), networks, AS_IS, read_equipment_calibration()
    )


ANN = ("person", Box(100, 100, 200, 400), 0.9)


def test_what_is_on_face_and_head_is_told_with_its_place():
    (person,) = analysis([ANN], [a_face(170, 120)], mask=0.95, headwear=0.6)(GREY)
    face, head = person.parts
    assert (face.name, head.name) == (BodyPart.FACE, BodyPart.HEAD)
    (mask,), (hat,) = face.covers, head.covers
    assert (mask.kind, hat.kind) == (FACE, HEAD)
    assert mask.box_px.top > hat.box_px.top
    assert hat.box_px.top < 120 < hat.box_px.bottom
    assert hat.covers == Told(True, hat.confidence)


def test_nothing_on_them_is_no_equipment_and_no_hands_are_no_parts():
    (person,) = analysis([ANN], [a_face(170, 120)], mask=0.1, headwear=0.01)(GREY)
    assert [(part.name, part.covers) for part in person.parts] == [
        (BodyPart.FACE, ()),
        (BodyPart.HEAD, ()),
    ]


def test_who_is_not_a_person_or_not_surely_is_left_out():
    others = [("dog", ANN[1], 0.9), ("person", Box(500, 100, 50, 90), 0.4)]
    assert analysis(others, [a_face(170, 120)])(GREY) == []


def test_a_face_that_nobody_has_makes_an_unsure_box_around_it_a_person():
    doubtful = ("person", Box(500, 100, 200, 400), 0.2)
    face = a_face(570, 120, confidence=0.8)
    ann, bob = analysis([ANN, doubtful], [a_face(170, 120), face])(GREY)
    assert (bob.box_px, bob.confidence) == (doubtful[1], 0.8)
    assert [part.name for part in bob.parts] == [BodyPart.FACE, BodyPart.HEAD]
    assert ann.confidence == pytest.approx(0.9)
    assert len(analysis([ANN, doubtful], [a_face(170, 120)])(GREY)) == 1
    assert len(analysis([("person", doubtful[1], 0.9)], [face])(GREY)) == 1


def test_the_fifteen_largest_are_told_the_largest_first():
    crowd = [("person", Box(40 * n, 300, 20 + n, 200), 0.9) for n in range(20)]
    found = analysis(crowd)(GREY)
    assert len(found) == MAX_PERSONS
    assert [one.box_px.width for one in found] == list(range(39, 39 - MAX_PERSONS, -1))


def test_one_head_is_one_person():
    upper = ("person", Box(110, 105, 180, 200), 0.8)
    joints = np.zeros((1, 1, 17, 3), np.float32)  # found where the face is, in both boxes
    assert len(analysis([ANN, upper], [a_face(170, 120)], joints)(GREY)) == 2
    for joint, x, y in ((1, 0.52, 0.2), (2, 0.48, 0.2), (5, 0.56, 0.3), (6, 0.44, 0.3)):
        joints[0, 0, joint] = (y, x, 0.9)
    same = analysis([ANN, ("person", Box(101, 101, 198, 398), 0.8)], (), joints)(GREY)
    assert [one.box_px for one in same] == [ANN[1]]


def test_hands_are_the_persons_own_and_without_a_face_joints_tell_the_head():
    joints = np.zeros((17, 3), np.float32)
    places = {
        Joint.LEFT_EAR: (220, 130),
        Joint.RIGHT_EAR: (180, 130),
        Joint.LEFT_SHOULDER: (260, 210),
        Joint.RIGHT_SHOULDER: (140, 210),
    }
    for joint, at in places.items():
        joints[joint] = (*at, 0.8)
    head = head_of_joints(joints)
    assert head.forehead.x == pytest.approx(200)
    assert head.forehead.y < 130
    assert 40 < head.face_px < 80
    assert head.confidence == pytest.approx(0.8)
    joints[Joint.LEFT_SHOULDER, 2] = 0.1
    assert head_of_joints(joints) is None


def test_a_face_belongs_to_one_person_and_a_person_has_one():
    ann, bob = Box(100, 100, 200, 400), Box(250, 90, 200, 420)
    between, bobs, far = a_face(270, 150), a_face(320, 110, 70, 90), a_face(700, 20)
    taken = faces_of([ann, bob], [bobs, between, far])
    assert taken == {1: bobs, 0: between}
    assert faces_of([], [bobs]) == {}


def test_the_head_of_a_face_reaches_above_it():
    face = a_face(170, 120)
    head = head_of_face(face)
    assert head.cover_px.top < face.box_px.top < head.cover_px.bottom < face.box_px.bottom


@pytest.mark.parametrize(("edge", "over"), [("above", True), ("below", False)])
def test_a_mask_over_the_nose_is_told_from_one_under_it(edge, over):
    face = a_face(170, 120, 120, 160)
    pixels = np.full((600, 800, 3), (200, 150, 120), np.uint8)
    nose = int(face.landmarks_px[2, 1])
    pixels[nose + (-15 if edge == "above" else 15) :] = (90, 150, 220)
    assert (over_nose(pixels, face) > 0.5) is over


def test_without_any_colour_nothing_is_told_of_the_nose():
    assert over_nose(GREY.pixels, a_face(170, 120)) == 0.5


def person(*parts, confidence=0.95):
    return EquippedPerson(Box(0, 0, 10, 20), confidence, parts)


def part(name, *covers, confidence=0.9):
    return SeenPart(name, confidence, None, covers)


def cover(kind, confidence=0.9, told=True):
    return Cover(kind, Box(0, 0, 5, 5), confidence, Told(told, 0.9))


@pytest.mark.parametrize(
    ("one", "required", "told"),
    [
        (person(part(BodyPart.HEAD, cover(HEAD))), [HEAD], Verdict.WEARS),
        (person(part(BodyPart.HEAD)), [HEAD], Verdict.LACKS),
        (person(), [HEAD], Verdict.UNKNOWN),
        (person(part(BodyPart.HEAD, confidence=0.6)), [HEAD], Verdict.UNKNOWN),
        (person(part(BodyPart.HEAD, cover(HEAD, 0.6))), [HEAD], Verdict.UNKNOWN),
        (person(part(BodyPart.FACE, cover(FACE, told=False))), [FACE], Verdict.LACKS),
        (person(part(BodyPart.HEAD), confidence=0.6), [HEAD], Verdict.UNKNOWN),
        (
            person(part(BodyPart.HEAD, cover(HEAD)), part(BodyPart.FACE)),
            [HEAD, FACE],
            Verdict.LACKS,
        ),
        (person(part(BodyPart.HEAD, cover(HEAD))), [HEAD, FACE], Verdict.UNKNOWN),
        (person(part(BodyPart.LEFT_HAND)), [EquipmentType.HAND_COVER], Verdict.UNKNOWN),
    ],
)
def test_who_wears_what_is_required(one, required, told):
    assert verdict(one, required, 0.8) is told
