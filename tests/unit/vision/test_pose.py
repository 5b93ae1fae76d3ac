import math

import numpy as np
import pytest

from beholden.vision.calibration import read_calibration
from beholden.vision.landmarks import Mesh
from beholden.vision.pose import landmark_yaw_deg, pose_of

SCALE = read_calibration().pose
FRONTAL = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)


def mesh(roll, yaw, pitch):
    """A head turned by Rz(roll) Ry(yaw) Rx(pitch): x right, y down, z away from the camera."""
    r, y, p = (math.radians(angle) for angle in (roll, -yaw, -pitch))
    rz = [[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]]
    ry = [[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]]
    rx = [[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]]
    turn = np.array(rz) @ np.array(ry) @ np.array(rx)
    points = np.zeros((468, 3), np.float32)
    points[[234, 454, 10, 152]] = (
        turn @ np.array([[-50, 0, 30], [50, 0, 30], [0, -60, 0], [0, 60, 0]]).T
    ).T
    return Mesh(points, 1.0)


@pytest.mark.parametrize(
    ("roll", "yaw", "pitch"), [(0, 0, 0), (20, 0, 0), (-35, 10, 5), (5, -40, 0), (0, 0, 30)]
)
def test_rotation_is_read_back(roll, yaw, pitch):
    pose = pose_of(mesh(roll, yaw, pitch), FRONTAL, SCALE)
    assert pose.roll_deg == pytest.approx(roll, abs=0.01)
    assert pose.yaw_deg == pytest.approx(yaw, abs=0.01)
    assert pose.pitch_deg == pytest.approx(pitch - SCALE.frontal_pitch_deg, abs=0.01)


def test_signs_are_those_of_published_rekognition_responses():
    """Five landmarks (x, y in ratios of one image) and the pose Rekognition gave with them."""
    turned_right = [[0.543, 0.268], [0.639, 0.261], [0.624, 0.343], [0.554, 0.442], [0.634, 0.436]]
    turned_left = [[0.497, 0.369], [0.618, 0.354], [0.551, 0.471], [0.524, 0.560], [0.624, 0.549]]
    assert landmark_yaw_deg(np.float32(turned_right), SCALE) > 20
    assert landmark_yaw_deg(np.float32(turned_left), SCALE) < -3


def test_face_in_profile_takes_the_landmarks_yaw():
    profile = np.array([[60, 40], [70, 40], [95, 60], [60, 80], [70, 80]], np.float32)
    expected = landmark_yaw_deg(profile, SCALE)
    assert expected > SCALE.landmark_yaw_deg
    assert pose_of(mesh(0, 20, 0), profile, SCALE).yaw_deg == pytest.approx(expected)


def test_a_degenerate_mesh_gives_finite_angles():
    pose = pose_of(Mesh(np.zeros((468, 3), np.float32), 0.0), np.zeros_like(FRONTAL), SCALE)
    assert all(math.isfinite(angle) for angle in (pose.roll_deg, pose.yaw_deg, pose.pitch_deg))
