"""Who is who over a whole video, from tracks that are made up."""

import numpy as np

from beholden.operations.video._paths import Paths

SAME = 0.4


def unit(seed, size=64):
    vector = np.random.default_rng(seed).normal(size=size)
    return (vector / np.linalg.norm(vector)).tolist()


def track(first_ms, last_ms, worn, face=None, left=(100, 100)):
    return {
        "first_ms": first_ms,
        "first_box_px": [left[0], 50, 40, 120],
        "last_ms": last_ms,
        "last_box_px": [left[1], 50, 40, 120],
        "clothes": unit(worn, 1024),
        "face_worth": 0.0 if face is None else 0.8,
        "template": None if face is None else unit(1000 + face),
    }


def indexes(*tracks):
    paths = Paths(SAME)
    return [paths.index(one) for one in tracks]


def test_a_track_goes_on_where_the_work_was_divided():
    assert indexes(track(0, 9800, 1), track(10_000, 20_000, 1)) == [0, 0]


def test_two_at_one_time_are_two():
    assert indexes(track(0, 9800, 1), track(5000, 20_000, 1)) == [0, 1]


def test_whoever_comes_back_is_known_by_their_face_whatever_they_wear():
    one, other = track(0, 5000, 1, face=1), track(5200, 9000, 2, face=2)
    back = track(300_000, 310_000, 3, face=1, left=(500, 500))
    assert indexes(one, other, back) == [0, 1, 0]


def test_and_by_their_clothes_for_a_minute():
    one, other = track(0, 5000, 1), track(5200, 9000, 2)
    assert indexes(one, other, track(40_000, 50_000, 1, left=(500, 500)))[-1] == 0
    assert indexes(one, other, track(70_000, 80_000, 1, left=(500, 500)))[-1] == 2


def test_another_face_in_the_same_clothes_is_another():
    assert indexes(track(0, 5000, 1, face=1), track(6000, 9000, 1, face=2)) == [0, 1]


def test_a_face_that_was_seen_once_is_remembered():
    tracks = [
        track(0, 5000, 1, face=1),
        track(5200, 9000, 1),
        track(200_000, 210_000, 2, face=1),
    ]
    assert indexes(*tracks) == [0, 0, 0]
