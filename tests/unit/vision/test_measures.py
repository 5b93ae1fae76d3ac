import cv2
import numpy as np
import pytest

from beholden.vision.landmarks import Eye, Mesh
from beholden.vision.measures import (
    PATCH_SIZE,
    FacePatch,
    bridge_line,
    eye_openness,
    lens_darkness,
    mouth_gap,
)

# Image-left to image-right places of the mesh points that the measures look at.
PLACES = {
    33: (43, 54), 133: (62, 54), 362: (98, 54), 263: (117, 54),
    9: (80, 40), 168: (80, 52), 6: (80, 60), 195: (80, 85),
    107: (70, 38), 336: (90, 38), 151: (80, 25),
}  # fmt: skip
LEFT_CHEEK, RIGHT_CHEEK = (50, 205, 36, 101, 117), (280, 425, 266, 330, 346)
LEFT_SOCKET = (70, 105, 122, 128, 232, 230, 228, 31, 119)
RIGHT_SOCKET = (300, 334, 351, 357, 452, 450, 448, 261, 348)


def ring(points, centre, radius):
    angles = np.linspace(0, 2 * np.pi, len(points), endpoint=False)
    return {
        point: (centre[0] + radius * np.cos(a), centre[1] + radius * np.sin(a))
        for point, a in zip(points, angles, strict=True)
    }


def patch(draw=lambda canvas: None, light=1.0):
    """A blank face with shading down the nose, on which `draw` may draw."""
    points = np.full((468, 2), 80, np.float32)
    rings = ring(LEFT_CHEEK, (45, 100), 12) | ring(RIGHT_CHEEK, (115, 100), 12)
    rings |= ring(LEFT_SOCKET, (52, 56), 16) | ring(RIGHT_SOCKET, (108, 56), 16)
    for number, place in (PLACES | rings).items():
        points[number] = place
    canvas = np.full((PATCH_SIZE, PATCH_SIZE), 60, np.float32)
    canvas += np.linspace(-6, 6, PATCH_SIZE, dtype=np.float32)[:, None]
    draw(canvas)
    return FacePatch(canvas * np.float32(light), points, 74.0)


def frame(canvas):
    cv2.line(canvas, (30, 56), (130, 56), 15, 3)


def dark_lenses(canvas):
    cv2.circle(canvas, (52, 56), 24, 6, -1)
    cv2.circle(canvas, (108, 56), 24, 6, -1)


def test_a_frame_across_the_nose_stands_out_from_shading():
    assert bridge_line(patch(frame)) > bridge_line(patch()) + 2


def test_dark_lenses_are_darker_than_eyes():
    assert lens_darkness(patch(dark_lenses)) > 0.7
    assert abs(lens_darkness(patch())) < 0.15


@pytest.mark.parametrize("draw", [frame, dark_lenses])
def test_measures_do_not_follow_the_light(draw):
    for measure in (bridge_line, lens_darkness):
        assert measure(patch(draw, light=0.4)) == pytest.approx(measure(patch(draw)), abs=0.02)


def test_mouth_gap_is_a_ratio_of_the_mouths_own_width():
    points = np.zeros((468, 3), np.float32)
    points[[78, 308], :2] = (20, 50), (60, 50)
    points[[13, 14], :2] = (40, 45), (40, 55)
    assert mouth_gap(Mesh(points, 1.0)) == pytest.approx(0.25)
    assert mouth_gap(Mesh(points * 7, 1.0)) == pytest.approx(0.25)
    assert mouth_gap(Mesh(np.zeros((468, 3), np.float32), 1.0)) == 0


def test_eye_openness_is_the_mean_of_both_eyes():
    def eye(height):
        contour = np.zeros((71, 3), np.float32)
        contour[8, 0], contour[4, 1], contour[12, 1] = 40, height / 2, -height / 2
        return Eye(contour, np.zeros((5, 3), np.float32))

    assert eye_openness((eye(16), eye(8))) == pytest.approx(0.3)
