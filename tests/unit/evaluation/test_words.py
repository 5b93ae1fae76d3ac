"""Words beside those that stand there, and what a confidence means."""

import json

import numpy as np
import pytest

from beholden.domain.errors import OperatorError
from beholden.evaluation.observe import Found
from beholden.evaluation.pages import Page, Written, read_pages
from beholden.evaluation.reliability import reliability
from beholden.evaluation.words import edit_distance, judged, missed, plain


def square(x, side=10.0):
    return np.array([(x, 0), (x + side, 0), (x + side, 10), (x, 10)], np.float32)


def read(text, x=0.0, side=10.0):
    return Found(text, 0.9, tuple(square(x, side).ravel().tolist()))


def verdicts(page, *words):
    return [right for _, right in judged(page, words)]


def test_a_word_is_right_by_its_letters_and_by_where_it_is():
    page = Page((Written(square(0), "Café."),))
    assert verdicts(page, read("CAFÉ")) == [True]
    assert verdicts(page, read("cafe")) == [False]
    assert verdicts(page, read("café", x=4)) == [False]  # 6 of 14 are shared
    assert verdicts(page, read("café", x=3)) == [True]  # 7 of 13


def test_each_word_is_found_once():
    page = Page((Written(square(0), "one"),))
    assert verdicts(page, read("one"), read("one")) == [True, False]


def test_what_nobody_could_read_counts_neither_way():
    page = Page((Written(square(0, 40), None), Written(square(50), "seen")))
    assert verdicts(page, read("abc", x=10)) == []
    assert [word.text for word in missed(page, [])] == ["seen"]


def test_a_word_of_a_line_need_only_stand_in_it():
    page = Page(lines=(Written(square(0, 100), "TOTAL 12.50"),))
    assert verdicts(page, read("1250", x=60), read("tax", x=20), read("far", x=300)) == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0)]
)
def test_edit_distance(one, other, edits):
    assert edit_distance(one, other) == edit_distance(other, one) == edits


def test_plain():
    assert plain("Nº 5, STRASSE") == plain("nº5straße")


def test_the_calibration_error_is_weighed_by_what_is_in_each_bin():
    told = [(0.25, False)] * 3 + [(0.25, True)] + [(0.95, True)] * 3 + [(1.0, False)]
    found = reliability("words", told, 0.5)
    assert [(each.low, each.right.trials) for each in found.bins] == [(0.2, 4), (0.9, 4)]
    low, high = 0.25 - 0.25, (3 * 0.95 + 1) / 4 - 0.75
    assert found.calibration_error == pytest.approx((4 * low + 4 * high) / 8)
    assert found.shown_error == pytest.approx(high)
    assert (found.wrong.errors, found.wrong.trials) == (1, 4)


def test_of_nothing_nothing_is_said():
    found = reliability("words", [], 0.5)
    assert (found.bins, found.calibration_error, found.wrong.rate) == ((), None, None)


def test_signs_are_read_as_what_they_are():
    page = Page((Written(square(0), "&"),))
    assert verdicts(page, read("***")) == [False]
    assert verdicts(page, read("&")) == [True]


def test_a_list_whose_text_is_no_text_is_refused_before_anything_is_looked_at(tmp_path):
    row = {"image": "a.png", "words": [{"points": [[0, 0], [9, 0], [9, 9]], "text": 5}]}
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(OperatorError, match=r"line 1: .*a text is a string"):
        read_pages(path)
