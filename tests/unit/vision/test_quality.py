from itertools import pairwise

import cv2
import numpy as np
import pytest

from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.vision.calibration import read_calibration
from beholden.vision.quality import edge_strength, quality_of

SCALE = read_calibration().quality
FACE = FaceDetection(Box(178, 68, 90, 115), 0.9, np.zeros((5, 2), np.float32))


@pytest.fixture(scope="module")
def portrait():
    return pytest.importorskip("skimage.data").astronaut()


def read(pixels):
    return quality_of(Image(np.ascontiguousarray(pixels), b""), FACE, SCALE)


def test_brightness_falls_with_the_light_and_sharpness_does_not(portrait):
    shades = [read((portrait * share).astype(np.uint8)) for share in (1.0, 0.6, 0.3, 0.1)]
    brightness = [quality.brightness_pct for quality in shades]
    assert brightness == sorted(brightness, reverse=True)
    assert brightness[0] > 4 * brightness[-1]
    assert shades[2].sharpness_pct == pytest.approx(shades[0].sharpness_pct, abs=6)


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white(level):
    quality = read(np.full((300, 300, 3), level, np.uint8))
    assert quality.brightness_pct == pytest.approx(100 * level / 255, abs=0.01)
    assert quality.sharpness_pct == 0


def test_sharpness_falls_with_every_step_of_blur(portrait):
    steps = [read(cv2.GaussianBlur(portrait, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4, 8)]
    sharpness = [read(portrait).sharpness_pct, *(quality.sharpness_pct for quality in steps)]
    assert all(later < before for before, later in pairwise(sharpness))
    assert sharpness[0] > 60
    assert sharpness[-1] < 15


def test_an_enlarged_small_face_is_not_sharp(portrait):
    small = cv2.resize(portrait, None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(small, portrait.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    assert read(enlarged).sharpness_pct < 0.5 * read(portrait).sharpness_pct


@pytest.mark.parametrize("sigma", [6, 15, 30])
@pytest.mark.parametrize("blur", [0.01, 4])
def test_noise_does_not_read_as_sharpness(portrait, sigma, blur):
    soft = cv2.GaussianBlur(portrait, (0, 0), blur)
    noise = np.random.default_rng(1).normal(0, sigma, portrait.shape)
    noisy = np.clip(soft + noise, 0, 255).astype(np.uint8)
    assert read(noisy).sharpness_pct < read(soft).sharpness_pct + 5


def test_pure_noise_has_no_edges():
    noise = np.random.default_rng(0).normal(50, 10, (128, 128)).astype(np.float32)
    edges = np.zeros((128, 128), np.float32)
    edges[::16] = 100
    assert edge_strength(noise) < 0.25 * edge_strength(edges)


def test_a_box_beyond_the_image_is_measured_on_what_is_there(portrait):
    outside = FaceDetection(Box(-40, -50, 150, 180), 0.9, FACE.landmarks_px)
    quality = quality_of(Image(portrait, b""), outside, SCALE)
    assert 0 <= quality.brightness_pct <= 100
    assert 0 <= quality.sharpness_pct <= 100
