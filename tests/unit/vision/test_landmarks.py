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
    five_points,
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


def eye_network(crops):
    """Finds a red and a blue eye corner in the crop and keeps the crops it was shown."""

    def run(crop):
        crops.append(crop)
        points = np.zeros((468, 3), np.float32)
        for number, channel in ((LEFT_EYE[0], 0), (RIGHT_EYE[0], 2)):
            points[number, :2] = brightest(crop[..., [channel]])
        return points.reshape(1, 1, 1, 1404), np.full((1, 1, 1, 1), 9, np.float32)

    return FakeNetwork(run)


@pytest.mark.parametrize("tilt", [-40, 25, 60])
def test_a_tilted_face_is_fitted_again_upright_though_the_detector_says_it_is(tilt):
    pixels = np.zeros((200, 200, 3), np.uint8)
    across = np.array([np.cos(np.radians(tilt)), np.sin(np.radians(tilt))]) * 30
    for sign, channel in ((-1, 0), (1, 2)):
        x, y = (100 + sign * across).round().astype(int)
        pixels[y - 1 : y + 2, x - 1 : x + 2, channel] = 255
    crops = []
    mesh = FaceMesh(eye_network(crops))(Image(pixels, b""), FACE)
    assert mesh.tilt_deg == pytest.approx(tilt, abs=3)
    red, blue = (brightest(crops[-1][..., [channel]]) for channel in (0, 2))
    assert red[1] == pytest.approx(blue[1], abs=6)


def test_an_upright_face_is_fitted_once():
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[80, 70, 0] = pixels[80, 130, 2] = 255
    crops = []
    FaceMesh(eye_network(crops))(Image(pixels, b""), FACE)
    assert len(crops) == 1


def test_five_points_are_the_detectors_unless_the_face_is_tilted():
    points = np.zeros((468, 3), np.float32)
    points[list(LEFT_EYE), :2] = (40, 40), (60, 50)
    points[list(RIGHT_EYE), :2] = (140, 90), (120, 80)
    tilted = five_points(FACE, Mesh(points, 1.0))
    assert np.allclose(tilted[:2], [(50, 45), (130, 85)])
    assert np.allclose(five_points(FACE, Mesh(points, 0.0)), FACE.landmarks_px)
    points[:, 1] = 80
    assert np.allclose(five_points(FACE, Mesh(points, 1.0)), FACE.landmarks_px)


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
    five_px = FACE.landmarks_px
    named = thirty_landmarks(five_px, Mesh(np.zeros((468, 3), np.float32), 1.0), (eye, eye))
    assert len(named) == LANDMARK_TYPES
    assert set(five_landmarks(five_px)) == {
        "eyeLeft",
        "eyeRight",
        "nose",
        "mouthLeft",
        "mouthRight",
    }
    assert (named["eyeLeft"].x, named["leftPupil"].x) == (80, 1)


def test_names_are_those_of_the_service_model():
    session = pytest.importorskip("botocore.session").get_session()
    types = set(session.get_service_model("rekognition").shape_for("LandmarkType").enum)
    assert types == {*five_landmarks(FACE.landmarks_px), *MESH_LANDMARKS, "leftPupil", "rightPupil"}
