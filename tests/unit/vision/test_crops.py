import numpy as np
import pytest

from beholden.domain.geometry import Box, Point
from beholden.vision.crops import Square, cut, square_aligning, square_of


def test_crop_and_image_coordinates_are_each_others_reverse():
    square = Square(Point(40, 30), 20, 25)
    points = np.array([[0, 0], [63, 5], [32, 32]], np.float32)
    there = square.to_image(points, 64)
    assert np.allclose(square.from_image(there, 64), points, atol=1e-3)
    assert np.allclose(there[2], (40, 30), atol=1e-4)


def test_angle_turns_clockwise():
    right_of_centre = np.array([[64, 32]], np.float32)
    turned = Square(Point(0, 0), 64, 90).to_image(right_of_centre, 64)
    assert np.allclose(turned, [[0, 32]], atol=1e-3)


def test_depth_is_scaled_only():
    points = np.array([[32, 32, 10]], np.float32)
    assert np.allclose(Square(Point(5, 6), 128, 40).to_image(points, 64), [[5, 6, 20]], atol=1e-4)


@pytest.mark.parametrize("side", [8, 32, 320])
def test_cut_shows_what_lies_in_the_square(side):
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[:200, :200] = 250
    crop = cut(pixels, Square(Point(200, 200), side), 32)
    assert crop.shape == (32, 32, 3)
    assert crop[4, 4].min() > 240
    assert crop[4, 28].max() < 10
    assert crop[28, 4].max() < 10


def test_cut_repeats_the_border_outside_the_image():
    pixels = np.full((50, 50, 3), 90, np.uint8)
    assert (cut(pixels, Square(Point(0, 0), 60), 16) == 90).all()


def test_fine_texture_of_a_large_face_averages_out():
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[:, ::2] = 255
    crop = cut(pixels, Square(Point(256, 256), 512), 64)
    assert crop.min() > 100
    assert crop.max() < 155


def test_square_of_a_box_holds_its_longer_side():
    assert square_of(Box(10, 20, 30, 60), 1.5) == Square(Point(25, 50), 90)


def test_aligning_square_brings_points_to_their_places():
    places = np.array([[0.2, 0.3], [0.8, 0.3], [0.5, 0.9]], np.float32)
    made = Square(Point(70, 50), 33, -17)
    square = square_aligning(made.to_image(places * 64, 64), places)
    assert square.side_px == pytest.approx(33, rel=1e-4)
    assert square.angle_deg == pytest.approx(-17, abs=1e-3)
    assert (square.centre.x, square.centre.y) == pytest.approx((70, 50), abs=1e-3)
