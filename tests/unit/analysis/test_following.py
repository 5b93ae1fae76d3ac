import cv2
import numpy as np
import pytest

from beholden.analysis.following import followed
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image

SIDE = 60
LANDMARKS = np.array([[18, 24], [42, 24], [30, 36], [20, 46], [40, 46]], np.float32)


def frame(left, top, seed=1):
    noise = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), np.uint8)
    pixels = np.full((240, 320, 3), 100, np.uint8)
    looks = cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    pixels[top : top + SIDE, left : left + SIDE] = looks
    return Image(pixels, b"")


def face(left, top):
    return FaceDetection(Box(left, top, SIDE, SIDE), 0.9, LANDMARKS + np.float32([left, top]))


@pytest.mark.parametrize(("left", "top"), [(100, 80), (113, 74), (90, 101)])
def test_where_the_pixels_went_the_face_went(left, top):
    before = face(100, 80)
    found = followed(frame(100, 80), before, before, frame(left, top))
    assert found.box_px.left == pytest.approx(left, abs=1.2)
    assert found.box_px.top == pytest.approx(top, abs=1.2)
    assert found.landmarks_px == pytest.approx(face(left, top).landmarks_px, abs=1.2)
    assert found.confidence == before.confidence


def test_a_crop_of_the_picture_before_is_enough():
    crop = Image(np.ascontiguousarray(frame(100, 80).pixels[60:200, 70:230]), b"")
    found = followed(crop, face(30, 20), face(100, 80), frame(105, 80))
    assert found.box_px.left == pytest.approx(105, abs=1.2)


@pytest.mark.parametrize("now", [frame(100, 80, seed=2), frame(200, 80)])
def test_what_looks_different_or_is_far_away_is_not_it(now):
    before = face(100, 80)
    assert followed(frame(100, 80), before, before, now) is None
