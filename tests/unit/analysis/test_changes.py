import numpy as np
import pytest

from beholden.analysis.changes import Changes
from beholden.domain.geometry import Box
from beholden.domain.image import Image


def grey(level, *patches):
    """720p of one level; patches are (left, top, side, level)."""
    pixels = np.full((720, 1280, 3), level, np.uint8)
    for left, top, side, shade in patches:
        pixels[top : top + side, left : left + side] = shade
    return Image(pixels, b"")


@pytest.fixture
def changes():
    made = Changes()
    assert made.since(grey(100)).cut
    return made


def test_noise_is_no_change(changes):
    assert not changes.since(grey(103))


def test_what_creeps_is_noticed_in_the_end(changes):
    assert [bool(changes.since(grey(level))) for level in (102, 103, 104, 106)] == [0, 0, 1, 0]


def test_a_change_is_where_it_is(changes):
    change = changes.since(grey(100, (640, 360, 20, 200)))
    assert change
    assert not change.cut
    assert change.cells.sum() == 1
    assert change.touches(Box(560, 300, 90, 70))
    assert not change.touches(Box(300, 300, 90, 70))
    assert not change.touches(Box(-50, -50, 90, 70))


def test_another_scene_is_a_cut(changes):
    assert changes.since(grey(160)).cut


def test_a_face_may_be_cut_where_the_picture_is_not(changes):
    change = changes.since(grey(100, (640, 360, 60, 115)))
    assert not change.cut
    assert change.cut_at(Box(645, 365, 40, 40))
    assert not change.cut_at(Box(700, 420, 40, 40))


def test_a_picture_of_another_size_is_a_cut(changes):
    assert changes.since(Image(grey(100).pixels[:360, :640], b"")).cut
