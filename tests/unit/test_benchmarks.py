"""Two runs of a benchmark agree, or do not, by how each figure says that it was found."""

import pytest

from benchmarks.agreement import agreement, drift
from benchmarks.clocks import once, ranged
from benchmarks.results import markdown


@pytest.mark.parametrize(
    ("before", "now", "agree"),
    [
        ("12.3 [11.9, 13.0]", "13.5 [13.0, 14.0]", True),
        ("12.3 [11.9, 13.0]", "13.5 [13.1, 14.0]", False),
        ("45% [40%, 50%]", "52% [51%, 60%]", False),
        ("10.1 (9.0 to 11.2)", "12.1 (11.1 to 13.2)", True),
        ("1,200 [1,100, 1,300]", "900 [800, 1,000]", False),
        ("~45", "~90", True),
        ("recall 0.999", "recall 0.998", False),
        ("100 of 3,571", "100 of 3,571", True),
        ("100 of 3,571", "101 of 3,571", False),
    ],
)
def test_figures_agree_by_how_they_were_found(before, now, agree):
    found = agreement(f"| search | {before} |", f"| search | {now} |")
    assert found.differences
    assert (found.beyond == []) is agree


@pytest.mark.parametrize(("found", "agree"), [("14.4 [13.5, 15.0]", True), ("8 [7, 9]", False)])
def test_rounds_may_differ_by_the_drift_of_the_machine_and_no_more(found, agree):
    paces = [f"took 3 s; pace: product {ms}, reading 8.0, Python 5.0 ms." for ms in (10, 11, 11)]
    assert drift([*paces, "a section without"]) == pytest.approx(1.09, abs=0.01)
    assert (agreement("12.3 [11.9, 12.5]", found, drift=1.1).beyond == []) is agree
    assert agreement("recall 0.999", "recall 0.998", drift=1.1).beyond


def test_a_figure_without_a_mark_is_no_count_where_nothing_is_counted():
    assert agreement("wait 45 ms", "wait 90 ms", counts=False).beyond == []


def test_figures_are_told_apart_by_their_line_and_what_stands_apart_is_named():
    old = "| a | 1 | 2 |\n| b | 1 | 2 |"
    (one,) = agreement(old, old.replace("b | 1 | 2", "b | 1 | 3")).beyond
    assert str(one) == "33.3%: now 3, before 2: | b | 1 | 3 |"
    assert str(agreement(old, old)) == "counted: 4 of 4 agree"


def test_the_range_is_that_of_rounds_so_that_one_slow_call_does_not_widen_it():
    assert ranged([1.0, 1.1, 1.2, 1.0, 1.0, 1.1, 9.0, 1.0, 1.3, 1.1, 1.0, 1.2, 1, 2, 2]) == (
        "1.1 [1, 2]"
    )
    assert ranged([100, 300, 200]) == "200 [100, 300]"
    assert ranged([0.5, 0.25], ".0%") == "38% [25%, 50%]"


def test_a_single_measurement_says_that_it_is_one():
    assert (once(1234.5), once(0.123456)) == ("~1,234", "~0.123")


def test_tables_stay_tables_and_the_rest_stays_as_it_was_printed():
    assert markdown("a  b\n\n| x |\n|---|\n") == "```text\na  b\n```\n\n| x |\n|---|\n"
