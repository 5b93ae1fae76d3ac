"""Lines of text: their corners, the map they are found in, the symbols they are read as."""

import numpy as np
import pytest

from beholden.testing.inference import FakeNetwork
from beholden.vision.ocr.detector import SMALL_PRINT_PX, TextDetector
from beholden.vision.ocr.direction import TextDirection
from beholden.vision.ocr.quads import (
    crop,
    mean_inside,
    network_input,
    part,
    reading_quad,
    size,
    turned,
)
from beholden.vision.ocr.recogniser import TextRecogniser

WIDE = np.array([[10, 20], [90, 20], [90, 40], [10, 40]], np.float32)


def test_corners_in_any_order_are_read_from_the_upper_left():
    for order in ([0, 1, 2, 3], [2, 0, 3, 1], [3, 2, 1, 0]):
        np.testing.assert_array_equal(reading_quad(WIDE[order]), WIDE)


def test_a_tall_box_is_read_downwards():
    tall = WIDE[:, ::-1].copy()
    quad = reading_quad(tall)
    assert quad[0].tolist() == [40, 10]
    assert quad[1].tolist() == [40, 90]
    assert size(quad) == (80, 20)
    assert turned(quad, 2)[0].tolist() == [20, 90]


def test_a_part_of_a_line():
    middle = part(WIDE, 0.25, 0.5)
    assert middle.tolist() == [[30, 20], [50, 20], [50, 40], [30, 40]]


@pytest.mark.parametrize("quarters", range(4))
def test_a_crop_is_upright_however_the_page_lies(quarters):
    upright = np.zeros((60, 120, 3), np.uint8)
    upright[20:40, 10:50] = 255  # the left half of the line is white
    page = np.rot90(upright, -quarters)
    height, width = upright.shape[:2]
    corners = WIDE.copy()
    for _ in range(quarters):
        corners = np.stack([height - corners[:, 1], corners[:, 0]], axis=1)
        height, width = width, height
    picture = crop(np.ascontiguousarray(page), corners.astype(np.float32), 48, 400)
    assert picture.shape == (48, 192, 3)
    assert picture[12:36, 12:84].min() > 200
    assert picture[12:36, 108:].max() < 50


def test_a_large_line_is_averaged_not_sampled():
    stripes = np.zeros((400, 1600, 3), np.uint8)
    stripes[:, ::2] = 255
    whole = np.array([[0, 0], [1600, 0], [1600, 400], [0, 400]], np.float32)
    assert abs(crop(stripes, whole, 48, 400)[5:-5, 5:-5].astype(float) - 127).max() < 40


def test_a_line_is_no_wider_than_it_may_be():
    long = np.array([[0, 0], [5000, 0], [5000, 2], [0, 2]], np.float32)
    assert crop(np.zeros((10, 5000, 3), np.uint8), long, 48, 640).shape == (48, 640, 3)


def test_networks_take_bgr_between_minus_one_and_one():
    canvas = network_input(np.full((2, 3, 3), (255, 0, 51), np.uint8), 4, 5)
    assert canvas.shape == (1, 3, 4, 5)
    np.testing.assert_allclose(canvas[0, :, 0, 0], [-0.6, -1, 1], atol=1e-6)
    assert not canvas[0, :, 2:].any()
    assert not canvas[0, :, :, 3:].any()


def test_the_mean_beside_a_map_is_nothing():
    values = np.ones((50, 100), np.float32)
    assert mean_inside(values, WIDE) == 1
    assert mean_inside(values, WIDE + 500) == 0
    assert mean_inside(values, WIDE - 500) == 0


def heat(*spots):
    """A detector's network that sees text at (left, top, right, bottom) shares of any canvas."""

    def see(canvas):
        _, _, height, width = canvas.shape
        seen.append((height, width))
        found = np.zeros((1, 1, height, width), np.float32)
        for left, top, right, bottom, probability in spots:
            rows = slice(round(top * height), round(bottom * height))
            found[0, 0, rows, round(left * width) : round(right * width)] = probability
        return [found]

    seen = []
    return FakeNetwork(see), seen


def detector(network):
    return TextDetector(network, pixel=0.3, score=0.6, grow=1.5)


def test_places_are_grown_and_those_of_little_score_left_out():
    network, _ = heat((0.25, 0.25, 0.5, 0.3125, 0.9), (0.25, 0.75, 0.5, 0.8125, 0.5))
    (place,) = detector(network)(np.zeros((1088, 1088, 3), np.uint8))
    assert place.score == pytest.approx(0.9, abs=0.01)
    width, height = size(place.quad_px)
    inner = np.array([271, 67])
    edge = 1.5 * inner.prod() / inner.sum()
    np.testing.assert_allclose([width, height], inner + edge, atol=2)


def test_a_large_picture_is_reduced_and_its_places_are_in_its_own_pixels():
    network, seen = heat((0.25, 0.25, 0.75, 0.5, 0.9))
    (place,) = detector(network)(np.zeros((1200, 2176, 3), np.uint8))
    assert seen == [(640, 1088)]
    assert abs(place.quad_px.mean(axis=0) - (1088, 0.375 * 1280)).max() < 8


def test_small_print_is_looked_at_again_from_closer():
    inner_px = SMALL_PRINT_PX / 2.5
    network, seen = heat((0.2, 0.5, 0.6, 0.5 + inner_px / 1088, 0.9))
    detector(network)(np.zeros((1900, 1900, 3), np.uint8))
    assert seen == [(1088, 1088), (1472, 1472)]


def test_a_strip_keeps_its_height():
    network, seen = heat()
    detector(network)(np.zeros((80, 9990, 3), np.uint8))
    assert seen == [(128, 10_048)]


def test_blank_tiny_and_narrow_pictures():
    network, _ = heat()
    for shape in ((80, 80, 3), (1, 10_000, 3), (10_000, 1, 3)):
        assert detector(network)(np.zeros(shape, np.uint8)) == []


def test_a_map_full_of_spots_is_cut_off():
    def noise(canvas):
        return [np.random.default_rng(0).random((1, 1, *canvas.shape[2:]), np.float32)]

    assert len(detector(FakeNetwork(noise))(np.zeros((900, 900, 3), np.uint8))) <= 1000


def recogniser(*columns):
    """Reads every crop as these columns of (symbol, probability) over the alphabet 'ab'."""
    symbols = ["", "a", "b", " "]

    def read(_canvas):
        found = np.zeros((1, len(columns), len(symbols)), np.float32)
        for column, (symbol, probability) in enumerate(columns):
            found[0, column, symbols.index(symbol)] = probability
        return [found]

    return TextRecogniser(FakeNetwork(read), lambda: "a\nb")


def test_a_symbol_is_read_once_unless_a_blank_stands_between():
    read = recogniser(
        ("a", 0.9), ("a", 0.8), ("", 1), ("a", 0.7), ("b", 0.6), ("b", 0.5), ("", 1), ("", 1)
    )
    reading = read(np.zeros((48, 64, 3), np.uint8))
    assert reading.characters == "aab"
    np.testing.assert_allclose(reading.probabilities, [0.9, 0.7, 0.6])
    np.testing.assert_allclose(reading.places, [0.5 / 8, 3.5 / 8, 4.5 / 8])
    assert reading.mean == pytest.approx(2.2 / 3)


def test_places_are_shares_of_the_picture_not_of_what_is_added_to_it():
    read = recogniser(("", 1), ("", 1), ("", 1), ("a", 0.9))
    assert read(np.zeros((48, 64, 3), np.uint8)).places.tolist() == [3.5 / 4]
    assert read(np.zeros((48, 60, 3), np.uint8)).places.tolist() == [
        pytest.approx(3.5 / 4 * 64 / 60)
    ]


def test_words_lie_between_spaces():
    reading = recogniser(
        ("a", 1), (" ", 1), (" ", 1), ("b", 1), ("", 1), ("b", 1), (" ", 1), ("", 1)
    )(np.zeros((48, 64, 3), np.uint8))
    assert reading.characters == "a bb "
    found = [(reading.characters[w], start, end) for w, start, end in reading.words()]
    assert found == [("a", 0.0, 1.5 / 8), ("bb", 1.5 / 8, 6.5 / 8)]


def test_a_line_that_says_nothing():
    reading = recogniser(("", 1), ("", 1))(np.zeros((48, 10, 3), np.uint8))
    assert (reading.characters, reading.mean, list(reading.words())) == ("", 0, [])


def test_the_direction_network_gets_the_beginning_of_a_line():
    def see(canvas):
        assert canvas.shape == (1, 3, 48, 192)
        return [np.array([[0.25, 0.75]], np.float32)]

    assert TextDirection(FakeNetwork(see))(np.zeros((48, 900, 3), np.uint8)) == 0.75
