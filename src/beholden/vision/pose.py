"""Head pose from the face mesh, in Rekognition's signs.

Checked against published Rekognition responses: roll grows clockwise (the image-right eye sinks),
yaw when the nose turns to image right, pitch when the face looks up.
"""

from __future__ import annotations

import math

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.face import Pose
from beholden.vision.calibration import PoseScale
from beholden.vision.landmarks import Mesh

_CHEEKS = (234, 454)
_FOREHEAD_TO_CHIN = (10, 152)


def pose_of(mesh: Mesh, five_px: Float32, scale: PoseScale) -> Pose:
    """Euler angles of the head; what a frontal face reads as pitch is taken off.

    Turning the image in its plane changes roll only: the rotation is read as
    Rz(roll) Ry(yaw) Rx(pitch) of the axes cheek to cheek and forehead to chin. The mesh flattens
    a face in profile, so beyond a threshold yaw is that of `five_px`, eyes, nose and mouth (5, 2).
    """
    across, down, away = head_axes(mesh)
    roll = math.degrees(math.atan2(across[1], across[0]))
    yaw = math.degrees(math.atan2(across[2], math.hypot(across[0], across[1])))
    pitch = math.degrees(math.atan2(-down[2], away[2]))
    return Pose(
        roll,
        _blended(yaw, landmark_yaw_deg(five_px, scale), scale),
        pitch - scale.frontal_pitch_deg,
    )


def landmark_yaw_deg(five_px: Float32, scale: PoseScale) -> float:
    """Yaw from how far the nose tip stands off the middle of the eyes, along the eye line.

    With the nose tip `nose_depth` half eye distances before the eyes, that offset over the half
    eye distance seen is nose_depth * tan(yaw) under orthographic projection.
    """
    left, right, nose = five_px[:3]
    half = (right - left) / 2
    offset = float((nose - left - half) @ half) / max(float(half @ half), 1e-6)
    return math.degrees(math.atan(offset / scale.nose_depth))


def _blended(mesh_deg: float, landmark_deg: float, scale: PoseScale) -> float:
    span = scale.landmark_yaw_deg - scale.mesh_yaw_deg
    share = min(max((abs(landmark_deg) - scale.mesh_yaw_deg) / span, 0.0), 1.0)
    return float((1.0 - share) * mesh_deg + share * landmark_deg)


def head_axes(mesh: Mesh) -> Float32:
    """Unit vectors to the face's image-right cheek, to its chin, and away from the camera,
    as rows, shape (3, 3)."""
    points = mesh.points_px
    across = _unit(points[_CHEEKS[1]] - points[_CHEEKS[0]])
    down = points[_FOREHEAD_TO_CHIN[1]] - points[_FOREHEAD_TO_CHIN[0]]
    down = _unit(down - across * float(down @ across))
    return np.stack([across, down, np.cross(across, down)]).astype(np.float32)


def _unit(vector: Float32) -> Float32:
    return (vector / max(float(np.linalg.norm(vector)), 1e-6)).astype(np.float32)
