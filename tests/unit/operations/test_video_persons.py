"""From tracks within segments to people."""

import numpy as np

from beholden.operations.video._persons import Persons, template

SAME = 0.6


def vector(angle_deg):
    angle = np.radians(angle_deg)
    return [float(np.cos(angle)), float(np.sin(angle))]


def track(first_ms, last_ms, left=100, angle=0.0, quality=0.9):
    box = [left, 50, 40, 40]
    return {
        "first_ms": first_ms,
        "first_box_px": box,
        "last_ms": last_ms,
        "last_box_px": box,
        "views": [(quality, vector(angle))],
    }


def numbers(appearances):
    return [(a.no, a.person) for a in appearances]


def test_a_track_that_a_segment_cut_goes_on():
    persons = Persons(SAME)
    assert numbers(persons.add([track(0, 9800)])) == [(1, 0)]
    assert persons.ended(9960) == []
    (again,) = persons.add([track(10_000, 12_000, left=110, angle=20)])
    assert (again.no, again.person) == (1, 0)
    assert len(again.views) == 2
    assert numbers(persons.ended(19_960)) == [(1, 0)]
    assert persons.rest() == []


def test_somebody_else_in_the_same_place_is_another():
    persons = Persons(SAME)
    persons.add([track(0, 9800)])
    assert numbers(persons.add([track(10_000, 12_000, angle=90)])) == [(2, 1)]
    assert numbers(persons.rest()) == [(1, 0), (2, 1)]


def test_whoever_comes_back_keeps_the_index_with_a_track_of_their_own():
    persons = Persons(SAME)
    persons.add([track(0, 1000), track(0, 1000, left=400, angle=90)])
    persons.ended(9960)
    assert numbers(persons.add([track(15_000, 16_000, left=300, angle=100)])) == [(3, 1)]


def test_two_tracks_do_not_continue_the_same_one():
    persons = Persons(SAME)
    persons.add([track(0, 9900)])
    found = persons.add([track(10_000, 10_200), track(10_000, 10_200, left=104)])
    assert [a.no for a in found] == [1, 2]


def test_a_template_weighs_views_by_their_quality():
    of = [(0.9, np.array(vector(0), np.float32)), (0.1, np.array(vector(90), np.float32))]
    mean = template(of)
    assert np.isclose(np.linalg.norm(mean), 1)
    assert 0 < np.degrees(np.arctan2(mean[1], mean[0])) < 10
