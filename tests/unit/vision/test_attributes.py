import numpy as np
import pytest

from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.testing.inference import FakeNetwork
from beholden.vision.attributes import (
    EMOTIONS,
    AgeEstimator,
    EmotionClassifier,
    GenderClassifier,
    age_moments,
    happy_log_odds,
    tempered,
)
from beholden.vision.landmarks import Mesh

IMAGE = Image(np.full((120, 120, 3), (200, 100, 50), np.uint8), b"")
FACE = FaceDetection(Box(20, 20, 80, 80), 0.9, np.zeros((5, 2), np.float32))


def eyes_and_nose():
    points = np.zeros((468, 3), np.float32)
    points[[263, 362, 33, 133, 2], :2] = (85, 50), (70, 50), (35, 50), (50, 50), (60, 80)
    return Mesh(points, 1.0)


def test_age_sees_a_normalised_rgb_chip_and_gives_the_distribution():
    def run(chip):
        assert chip.shape == (1, 3, 64, 64)
        expected = (np.array([200, 100, 50]) - [122.782, 117.001, 104.298]) / 256
        assert np.allclose(chip.mean(axis=(0, 2, 3)), expected, atol=1e-4)
        return [np.eye(81, dtype=np.float32)[None, 33]]

    distribution = AgeEstimator(FakeNetwork(run))(IMAGE, eyes_and_nose())
    assert age_moments(distribution) == pytest.approx((33, 0))


def test_age_moments_of_two_ages():
    distribution = np.zeros(81, np.float32)
    distribution[[20, 40]] = 0.5
    assert age_moments(distribution) == pytest.approx((30, 10))


def test_gender_is_male_over_female():
    network = FakeNetwork(lambda chip: [np.float32([[0.2, 0.8]])])
    assert GenderClassifier(network)(IMAGE, eyes_and_nose()) == pytest.approx(np.log(4), abs=1e-5)


def test_emotion_sees_the_gray_face_between_minus_one_and_one():
    def run(crop):
        assert crop.shape == (1, 64, 64, 1)
        gray = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
        assert np.allclose(crop, round(gray) / 127.5 - 1, atol=0.01)
        return [np.float32([[0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1]])]

    logs = EmotionClassifier(FakeNetwork(run))(IMAGE, FACE)
    assert happy_log_odds(logs) == pytest.approx(np.log(0.4 / 0.6), abs=1e-5)


def test_emotions_are_ranked_and_sum_to_one_and_temperature_softens_them():
    logs = np.log(np.float32([0.05, 0.05, 0.1, 0.5, 0.1, 0.1, 0.1]))
    sharp, soft = tempered(logs, 1.0), tempered(logs, 2.0)
    assert set(sharp) == set(EMOTIONS)
    assert list(sharp.values()) == sorted(sharp.values(), reverse=True)
    assert sum(soft.values()) == pytest.approx(1)
    assert sharp["HAPPY"] > soft["HAPPY"] > 1 / 7
