"""Whoever is unknown is hidden: where they are, where they may be, and when in doubt."""

from datetime import UTC, datetime

import numpy as np
import pytest

from beholden.analysis.privacy import Veil, grown, without_faces
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.look import Look, SeenFace

AT = datetime(2026, 5, 4, tzinfo=UTC)
STRIPES = np.zeros((200, 300, 3), np.uint8)
STRIPES[::2] = 255
HERE, THERE = Box(50, 50, 40, 40), Box(200, 50, 40, 40)


def look(at_ms, *faces, possible=()):
    return Look(Image(STRIPES, b""), AT, at_ms, faces, tuple(possible))


def unknown(box, track="x"):
    return SeenFace(track, box)


def known(box, track="x"):
    return SeenFace(track, box, "eileen", 99.0)


def veiled(*looks):
    """What a veil gives for looks 200 ms apart, once it has learnt for a second: by time."""
    veil, given = Veil(), {}
    for at_ms in range(0, 1400, 200):
        veil.next(look(at_ms))
    for number, one in enumerate(looks):
        at_ms = 1400 + 200 * number
        made = veil.next(Look(one.image, AT, at_ms, one.faces, one.possible_px))
        given[made.look.timestamp_ms] = made.pixels()
    return [given[1400 + 200 * number] for number in range(len(looks) - 1)]


def hidden(pixels, box):
    """Whether nothing of the stripes is left in a box; a veil that stops short leaves some."""
    part = pixels[int(box.top) : int(box.bottom), int(box.left) : int(box.right)].astype(int)
    return np.abs(np.diff(part, axis=0)).max() < 200


def test_a_picture_is_given_one_look_later_and_none_in_the_first_second():
    veil = Veil()
    given = [veil.next(look(at_ms)) for at_ms in range(0, 1600, 200)]
    assert [one and one.look.timestamp_ms for one in given] == [*[None] * 6, 1000, 1200]


def test_whoever_is_unknown_is_hidden_and_whoever_is_known_is_not():
    one, two = veiled(look(0, unknown(HERE, "x"), known(THERE, "y")), look(0), look(0))
    assert hidden(one, grown(HERE, 0))
    assert not hidden(one, THERE)
    assert hidden(two, HERE)


def test_a_face_that_comes_is_hidden_in_the_picture_before_it_was_found():
    before, after = veiled(look(0), look(0, unknown(HERE)), look(0))
    assert hidden(before, HERE)
    assert hidden(after, HERE)


@pytest.mark.parametrize("missed", [1, 4])
def test_a_face_that_is_missed_stays_hidden_and_what_is_hidden_grows(missed):
    pictures = veiled(look(0, unknown(HERE)), *[look(0)] * missed, look(0))
    assert all(hidden(one, HERE) for one in pictures)
    assert hidden(pictures[1], Box(30, 30, 60, 60))


def test_a_face_that_is_gone_for_longer_than_a_track_lasts_is_not_hidden_any_more():
    *_, last = veiled(look(0, unknown(HERE)), *[look(0)] * 7)
    assert not hidden(last, HERE)


def test_a_face_is_hidden_until_it_is_recognised_and_after_it_is_not_any_more():
    first, second, third, fourth = veiled(
        look(0, unknown(HERE)),
        look(0, known(HERE)),
        look(0, unknown(HERE)),
        look(0, known(HERE)),
        look(0, known(HERE)),
    )
    assert hidden(first, HERE)
    assert hidden(second, HERE)  # the next look knows them no more
    assert hidden(third, HERE)
    assert not hidden(fourth, HERE)


def test_what_may_be_a_face_is_hidden_before_and_after_unless_somebody_known_is_there():
    pictures = veiled(
        look(0, known(THERE)),
        look(0, known(THERE), possible=[HERE, THERE]),
        look(0, known(THERE)),
        look(0, known(THERE)),
    )
    assert [hidden(one, HERE) for one in pictures] == [True, True, True]
    assert [hidden(one, THERE) for one in pictures] == [False, False, False]


@pytest.mark.parametrize("box", [Box(-80, -80, 40, 40), Box(290, 190, 60, 60), Box(50, 50, 0, 0)])
def test_a_box_at_the_edge_or_outside_hides_no_more_than_itself(box):
    made = without_faces(STRIPES, [box])
    changed = np.argwhere((made != STRIPES).any(axis=2))
    assert all(box.top - 1 <= y <= box.bottom + 1 for y, _ in changed)
    assert STRIPES[0, 0, 0] == 255
