"""How many are there, and how many came."""

import numpy as np

from beholden.analysis.headcount import HeadCount
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance

IMAGE = Image(np.full((300, 600, 3), 128, np.uint8), b"")
LEFT, RIGHT = (Instance(Box(left, 50, 60, 180), 0.9) for left in (40, 480))


def looked(*looks):
    """(in view, entries) at each look, five a second."""
    count = HeadCount()
    return [(len(count.look(200 * n, IMAGE, one)), count.entries) for n, one in enumerate(looks)]


def test_somebody_counts_from_the_second_look_on():
    assert looked([LEFT], [LEFT], [LEFT, RIGHT], [LEFT, RIGHT]) == [(0, 0), (1, 1), (1, 1), (2, 2)]


def test_what_is_seen_once_is_nobody():
    assert looked([LEFT], *[[]] * 5)[-1] == (0, 0)


def test_whoever_is_missed_for_a_moment_is_there_and_does_not_come_again():
    told = looked([LEFT], [LEFT], [], [], [LEFT])
    assert told[2:] == [(1, 1)] * 3


def test_whoever_has_gone_is_not_there_and_comes_again_after_a_while():
    away = [[]] * 16
    told = looked([LEFT], [LEFT], *away, [LEFT], [LEFT])
    assert told[6] == (0, 1)
    assert told[-1] == (1, 2)
