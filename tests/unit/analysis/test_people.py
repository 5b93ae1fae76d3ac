"""Following people: boxes that are drawn over pictures of plain clothes."""

import numpy as np
import pytest

from beholden.analysis.people import PersonTracker, apart, overlapping
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance
from beholden.vision.clothes import clothes

RED, BLUE, GREEN = (200, 30, 30), (30, 40, 200), (30, 160, 60)
SIZE = (40, 120)


def scene(*people):
    """People as (left, colour, confidence): the picture, and what a detector says of it."""
    pixels = np.full((240, 640, 3), 128, np.uint8)
    found = []
    for left, colour, confidence in people:
        pixels[60:180, max(0, left) : left + SIZE[0]] = colour
        found.append(Instance(Box(left, 60, *SIZE), confidence))
    return Image(pixels, b""), found


def follow(looks, step_ms=200):
    """The tracks' numbers at each look, by left edge."""
    tracker = PersonTracker()
    told = []
    for no, people in enumerate(looks):
        image, found = scene(*people)
        pairs = tracker.look(no * step_ms, image, found)
        told.append({int(one.box_px.left): tracker.tracks.index(track) for track, one in pairs})
    return told, tracker


def test_two_who_pass_each_other_keep_their_tracks():
    looks = []
    for no in range(16):
        left, right = 100 + 20 * no, 400 - 20 * no
        both = [(left, RED, 0.9), (right, BLUE, 0.9)]
        looks.append(both if abs(left - right) > 20 else both[1:])
    told, tracker = follow(looks)
    assert len(tracker.tracks) == 2
    assert all(look.get(100 + 20 * no, 0) == 0 for no, look in enumerate(told))
    assert all(look[400 - 20 * no] == 1 for no, look in enumerate(told))


def test_somebody_who_is_hidden_for_two_seconds_is_the_same():
    told, tracker = follow([[(300, RED, 0.9)]] * 3 + [[]] * 10 + [[(340, RED, 0.9)]])
    assert len(tracker.tracks) == 1
    assert told[-1] == {340: 0}


def test_whoever_comes_in_their_place_is_another():
    told, _tracker = follow([[(300, RED, 0.9)]] * 3 + [[(300, BLUE, 0.9)]] * 2)
    assert told[-1] == {300: 1}


def test_after_a_long_time_nobody_goes_on():
    _, tracker = follow([[(300, RED, 0.9)], [], [(300, RED, 0.9)]], step_ms=2000)
    assert len(tracker.tracks) == 2


def test_a_doubtful_detection_goes_on_with_a_track_and_opens_none():
    told, _tracker = follow([[(300, RED, 0.2)], [(300, RED, 0.8)], [(304, RED, 0.2)]])
    assert told == [{}, {300: 0}, {304: 0}]


def test_one_person_is_one_box():
    once = Instance(Box(0, 0, 40, 120), 0.9)
    again, group = Instance(Box(2, 10, 38, 100), 0.6), Instance(Box(0, 0, 400, 200), 0.5)
    beside = Instance(Box(25, 0, 40, 120), 0.4)
    assert apart([group, again, beside, once]) == [once, beside]


def test_overlap():
    assert overlapping(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1
    assert overlapping(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlapping(Box(0, 0, 10, 10), Box(20, 0, 10, 10)) == 0


def test_clothes_of_one_colour_are_alike_in_other_light_and_of_another_are_not():
    worn = {}
    for name, colour in (("red", RED), ("darker", (170, 22, 22)), ("green", GREEN)):
        image, (one,) = scene((300, colour, 0.9))
        worn[name] = clothes(image.pixels, one.box_px)
        assert worn[name] @ worn[name] == pytest.approx(1, abs=1e-5)
    assert worn["red"] @ worn["darker"] > 0.5
    assert worn["red"] @ worn["green"] < 0.2


def test_clothes_outside_of_the_frame_are_still_measured():
    image, _ = scene()
    assert clothes(image.pixels, Box(630, -80, 60, 100)) @ clothes(
        image.pixels, Box(-50, 200, 60, 100)
    ) == pytest.approx(1, abs=1e-5)
