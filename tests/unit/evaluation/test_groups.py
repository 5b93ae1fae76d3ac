"""Groups, gaps and what counts as too little data."""

import numpy as np

from beholden.evaluation.findings import gap_sentence
from beholden.evaluation.groups import GroupRate, gaps_of, groups_of, judged, largest_ratio
from beholden.evaluation.rates import rate_of


def row(group, errors, trials, subjects=50):
    return GroupRate("g", group, "FMR", 80.0, True, subjects, rate_of(errors, trials))


def test_columns_are_grouped_singly_and_crossed():
    columns = {"gender": ("F", "M", "F"), "race": ("x", "x", "")}
    found = {(g.grouping, g.label): g.members.tolist() for g in groups_of(columns, list(columns))}
    assert found == {
        ("gender", "F"): [True, False, True],
        ("gender", "M"): [False, True, False],
        ("race", "x"): [True, True, False],
        ("gender x race", "F, x"): [True, False, False],
        ("gender x race", "M, x"): [False, True, False],
    }


def test_the_largest_ratio_is_worst_over_best():
    ratio = largest_ratio({"a": rate_of(40, 1000), "b": rate_of(10, 1000), "c": rate_of(20, 1000)})
    assert (ratio.worst, ratio.best, ratio.ratio, ratio.at_least) == ("a", "b", 4.0, False)
    assert ratio.apart


def test_no_error_in_the_best_group_gives_a_lower_limit():
    ratio = largest_ratio({"a": rate_of(40, 1000), "b": rate_of(0, 1000)})
    assert ratio.at_least
    assert ratio.ratio == 0.04 / 0.003


def test_no_gap_is_claimed_without_errors_or_from_one_group():
    assert largest_ratio({"a": rate_of(0, 100), "b": rate_of(0, 100)}) is None
    assert largest_ratio({"a": rate_of(5, 100)}) is None
    assert largest_ratio({"a": rate_of(1, 1000), "b": rate_of(0, 10)}) is None


def test_too_little_data_by_the_rule():
    overall = {("FMR", 80.0): rate_of(100, 10_000)}
    rows = [
        row("few people", 50, 1000, subjects=9),
        row("no errors, none expected", 0, 200),
        row("no errors, ten expected", 0, 1000),
        row("many errors, few trials", 5, 100),
    ]
    assert [r.too_little for r in judged(rows, overall)] == [True, True, False, False]


def test_groups_with_too_little_data_take_no_part_in_the_gap():
    overall = {("FMR", 80.0): rate_of(100, 10_000)}
    rows = judged([row("a", 40, 1000), row("b", 10, 1000), row("c", 9, 10, subjects=3)], overall)
    gap = next(gaps_of(rows))
    assert gap.largest.worst == "a"
    assert gap_sentence(gap) == "FMR at similarity 80 is 4.0 times as high for a as for b."


def test_masks_are_boolean():
    (group,) = groups_of({"g": ("u", "u")}, ["g"])
    assert group.members.dtype == np.bool_
