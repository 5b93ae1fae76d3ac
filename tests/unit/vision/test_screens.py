"""Measures of frames: FFmpeg draws the bars, numpy the rest."""

import av
import numpy as np
import pytest

from beholden.vision.screens import (
    black_share,
    change,
    color_bars,
    ground_share,
    thumbnail,
)

SHAPE = (180, 320, 3)


def drawn(source):
    """One RGB frame of a source filter of FFmpeg's."""
    graph = av.filter.Graph()
    picture, sink = graph.add(source, "size=320x180"), graph.add("buffersink")
    picture.link_to(sink)
    graph.configure()
    return graph.pull().to_ndarray(format="rgb24")


@pytest.mark.parametrize("source", ["smptebars", "smptehdbars", "pal75bars", "pal100bars"])
def test_bars_of_every_standard_are_told(source):
    assert color_bars(drawn(source)) == 1


def test_bars_may_begin_anywhere_and_have_something_over_them():
    bars = np.roll(drawn("pal75bars"), 97, axis=1)
    bars[70:110, 60:260] = 0
    assert color_bars(bars) == 1


@pytest.mark.parametrize("source", ["rgbtestsrc", "yuvtestsrc", "testsrc2", "mandelbrot"])
def test_what_is_only_colourful_has_no_bars(source):
    assert color_bars(drawn(source)) == 0


def test_bars_in_another_order_are_none():
    assert color_bars(drawn("pal75bars")[:, ::-1].copy()) == 0


def test_black_is_by_luminance():
    frame = np.zeros(SHAPE, np.uint8)
    frame[:, :80] = (0, 0, 255)  # luminance 18 of 255
    frame[:, 80:120] = (51, 51, 51)
    frame[:, 120:160] = (60, 60, 60)
    assert black_share(frame, 0.2) == pytest.approx(0.875)
    assert black_share(frame, 0.05) == pytest.approx(0.5)


def test_ground_is_the_colour_of_most():
    frame = np.full(SHAPE, (20, 60, 200), np.uint8)
    assert ground_share(frame) == 1
    frame[:18] = 255
    assert ground_share(frame) == pytest.approx(0.9)
    noise = np.random.default_rng(1).integers(0, 256, SHAPE, np.uint8)
    assert ground_share(noise) < 0.1


def test_change_is_large_between_pictures_and_small_where_something_moves():
    one = np.random.default_rng(2).integers(100, 156, (9, 16, 3), np.uint8).repeat(20, 0)
    one = one.repeat(20, 1)
    moved = one.copy()
    moved[60:80, 100:120] = one[60:80, 104:124]
    assert change(thumbnail(one), thumbnail(one)) == 0
    assert change(thumbnail(one), thumbnail(moved)) < 1
    assert change(thumbnail(one), thumbnail(255 - one[:, ::-1])) > 10
