import numpy as np
import pytest

from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.testing.inference import FakeNetwork
from beholden.vision.landmarks import (
    IRIS_SIZE,
    LEFT_EYE,
    MESH_LANDMARKS,
    MESH_SIZE,
    RIGHT_EYE,
    Eye,
    FaceMesh,
    IrisReader,
    Mesh,
    five_landmarks,
    thirty_landmarks,
)

# A portrait's worth of pixels, blank but for a bright dot between the eyes.
PIXELS = np.zeros((200, 200, 3), np.uint8)
PIXELS[70:74, 98:102] = 255
FACE = FaceDetection(
    Box(50, 50, 100, 100),
    0.9,
    np.array([[80, 80], [120, 80], [100, 110], [85, 130], [115, 130]], np.float32),
)
# Rekognition's LandmarkType, as the service model lists it.
LANDMARK_TYPES = 30


def brightest(crop):
    """(x, y) of the brightest pixel's centre in a batch of one crop."""
    y, x = np.unravel_index(int(crop[0].sum(axis=-1).argmax()), crop.shape[1:3])
    return float(x) + 0.5, float(y) + 0.5


def mesh_network(presence=4.0):
    """Puts every point of the mesh where the crop is brightest, 10 crop pixels away."""

    def run(crop):
        assert crop.shape == (1, MESH_SIZE, MESH_SIZE, 3)
        assert 0 <= crop.min() <= crop.max() <= 1
        points = np.tile(np.float32([*brightest(crop), 10]), 468)
        return points.reshape(1, 1, 1, 1404), np.full((1, 1, 1, 1), presence, np.float32)

    return FakeNetwork(run)


def iris_network():
    def run(crop):
        assert crop.shape == (1, IRIS_SIZE, IRIS_SIZE, 3)
        point = np.float32([*brightest(crop), 0])
        return np.tile(point, 71).reshape(1, 213), np.tile(point, 5).reshape(1, 15)

    return FakeNetwork(run)


@pytest.mark.parametrize("tilt", [0, 12])
def test_mesh_points_come_back_in_image_pixels(tilt):
    landmarks = FACE.landmarks_px.copy()
    landmarks[1, 1] += tilt
    face = FaceDetection(FACE.box_px, 0.9, landmarks)
    mesh = FaceMesh(mesh_network())(Image(PIXELS, b""), face)
    assert np.allclose(mesh.points_px[:, :2], (100, 72), atol=2)
    assert mesh.points_px[0, 2] == pytest.approx(10 * 150 / MESH_SIZE)


@pytest.mark.parametrize(("score", "presence"), [(0.0, 0.5), (9.0, 1.0), (-9.0, 0.0)])
def test_presence_is_the_sigmoid_of_the_score(score, presence):
    mesh = FaceMesh(mesh_network(score))(Image(PIXELS, b""), FACE)
    assert mesh.presence == pytest.approx(presence, abs=1e-3)


def test_both_eyes_come_back_in_image_pixels_the_right_one_mirrored_twice():
    points = np.zeros((468, 3), np.float32)
    points[list(LEFT_EYE), :2] = (70, 80), (90, 80)
    points[list(RIGHT_EYE), :2] = (130, 80), (110, 80)
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[80, 84] = pixels[82, 124] = 255
    left, right = IrisReader(iris_network())(Image(pixels, b""), Mesh(points, 1.0))
    assert np.allclose(left.iris_px[0, :2], (84.5, 80.5), atol=1)
    assert np.allclose(right.iris_px[0, :2], (124.5, 82.5), atol=1)
    assert right.contour_px.shape == (71, 3)


def test_names_of_the_landmarks():
    eye = Eye(np.zeros((71, 3), np.float32), np.ones((5, 3), np.float32))
    named = thirty_landmarks(FACE, Mesh(np.zeros((468, 3), np.float32), 1.0), (eye, eye))
    assert len(named) == LANDMARK_TYPES
    assert set(five_landmarks(FACE)) == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert (named["eyeLeft"].x, named["leftPupil"].x) == (80, 1)


def test_names_are_those_of_the_service_model():
    session = pytest.importorskip("botocore.session").get_session()
    types = set(session.get_service_model("rekognition").shape_for("LandmarkType").enum)
    assert types == {*five_landmarks(FACE), *MESH_LANDMARKS, "leftPupil", "rightPupil"}
