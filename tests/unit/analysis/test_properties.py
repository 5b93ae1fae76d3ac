"""Colours and light of drawn pictures, where the answer is known."""

import cv2
import numpy as np
import pytest

from beholden.analysis.colours import GROUPS, dominant_colours
from beholden.analysis.properties import properties_of
from beholden.domain.geometry import Box
from beholden.domain.image import Image


def picture(*stripes, width=300, height=200):
    """Vertical stripes of (colour, share)."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left = 0
    for colour, share in stripes:
        pixels[:, left : left + round(share * width)] = colour
        left += round(share * width)
    return Image(pixels, b"")


def test_shares_and_names_of_stripes():
    drawn = picture(((255, 0, 0), 0.6), ((0, 0, 128), 0.3), ((255, 255, 255), 0.1))
    colours = properties_of(drawn, (), 10).whole.colours
    assert [(c.css_name, c.simplified) for c in colours] == [
        ("red", "red"),
        ("navy", "blue"),
        ("white", "white"),
    ]
    assert [c.share for c in colours] == pytest.approx([0.6, 0.3, 0.1], abs=0.02)
    assert sum(c.share for c in colours) == pytest.approx(1, abs=1e-6)


def test_most_colours_are_kept_to():
    drawn = picture(((255, 0, 0), 0.5), ((0, 0, 128), 0.3), ((255, 255, 255), 0.2))
    assert [c.css_name for c in properties_of(drawn, (), 2).whole.colours] == ["red", "navy"]
    assert properties_of(drawn, (), 0).whole.colours == ()


def test_as_many_as_the_api_allows_are_found():
    hues = np.stack([np.arange(0, 180, 9), np.full(20, 255), np.full(20, 255)], 1).astype(np.uint8)
    rgb = cv2.cvtColor(hues[:, np.newaxis], cv2.COLOR_HSV2RGB)[:, 0]
    pixels = rgb.repeat(100, 0)
    assert len(dominant_colours(pixels, 20)) > GROUPS
    assert len(dominant_colours(pixels, 3)) == 3


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (64, 224, 208), (165, 42, 42)])
def test_a_plain_picture_is_one_colour(rgb):
    (colour,) = dominant_colours(np.tile(np.array(rgb, np.uint8), (500, 1)), 10)
    assert colour.rgb == pytest.approx(rgb, abs=2)
    assert colour.share == 1


def test_the_same_picture_twice_reads_the_same():
    pixels = np.random.default_rng(1).integers(0, 256, (20_000, 3), dtype=np.uint8)
    assert dominant_colours(pixels, 10) == dominant_colours(pixels, 10)


def test_foreground_and_background_are_told_apart():
    drawn = picture(((255, 0, 0), 0.5), ((0, 0, 128), 0.5))
    found = properties_of(drawn, [Box(0, 0, 150, 200)], 10)
    assert found.foreground.colours[0].css_name == "red"
    assert found.background.colours[0].css_name == "navy"


@pytest.mark.parametrize("box", [None, Box(0, 0, 300, 200), Box(400, 10, 30, 30)])
def test_without_an_object_or_without_a_background_there_is_neither(box):
    found = properties_of(picture(((255, 0, 0), 1.0)), [box] if box else [], 10)
    assert found.foreground is None
    assert found.background is None


def test_light_grows_with_what_it_names():
    dark, bright = picture(((40, 40, 40), 1.0)), picture(((200, 200, 200), 1.0))
    flat, spread = picture(((120,) * 3, 1.0)), picture(((20,) * 3, 0.5), ((235,) * 3, 0.5))

    def light(drawn):
        return properties_of(drawn, (), 1).whole.light

    assert light(dark).brightness_pct < light(bright).brightness_pct
    assert light(flat).contrast_pct < light(spread).contrast_pct


def test_blur_reads_as_less_sharp():
    data = pytest.importorskip("skimage.data")
    sharp = data.astronaut()
    blurred = cv2.GaussianBlur(sharp, (0, 0), 5)
    readings = [
        properties_of(Image(pixels, b""), (), 1).whole.light.sharpness_pct
        for pixels in (sharp, blurred)
    ]
    assert readings[0] > readings[1] + 20


@pytest.mark.parametrize("shape", [(1, 80, 3), (1, 10_000, 3), (10_000, 80, 3)])
def test_extreme_shapes_have_properties(shape):
    found = properties_of(Image(np.full(shape, 77, np.uint8), b""), [Box(0, 0, 5, 5)], 10)
    assert found.whole.colours[0].css_name == "dimgray" or found.whole.colours[0].share == 1
