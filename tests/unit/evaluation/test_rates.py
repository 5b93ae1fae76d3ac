"""Rates, curves and the bootstrap, against values worked out by hand and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beholden.evaluation.comparisons import (
    Comparisons,
    compare_all,
    false_matches,
    false_non_matches,
)
from beholden.evaluation.curves import (
    decision_error,
    det_thresholds,
    equal_error_rate,
    histogram,
    threshold_for,
)
from beholden.evaluation.rates import expected_fpir, needed_fmr, rate_of, rule_of_three, wilson
from beholden.evaluation.resampling import SubjectDraws

SCORES = st.lists(
    st.floats(-1, 1, allow_nan=False).map(lambda x: round(x, 2)), min_size=1, max_size=40
)


def pairs(scores, a=None, b=None):
    n = len(scores)
    a = np.arange(n) if a is None else np.array(a)
    b = a + n if b is None else np.array(b)
    return Comparisons(np.array(scores, float), a, b, a, b)


def test_wilson_is_the_textbook_interval():
    low, high = wilson(10, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)
    assert wilson(0, 20)[0] == 0
    assert wilson(20, 20)[1] == 1


def test_no_error_is_the_rule_of_three():
    rate = rate_of(0, 300)
    assert (rate.rate, rate.low, rate.high, rate.interval) == (0, 0, 0.01, "rule of 3")
    assert rule_of_three(2) == 1


def test_no_trial_is_not_a_rate():
    assert rate_of(0, 0).rate is None


def test_fmr_and_fnmr_count_a_match_at_the_threshold():
    non_mated, mated = pairs([0.1, 0.2, 0.3, 0.3]), pairs([0.3, 0.5])
    fmr = false_matches(non_mated, [0.2, 0.3, 0.31], None)
    fnmr = false_non_matches(mated, [0.2, 0.3, 0.31], None)
    assert [r.rate for r in fmr.rates()] == [0.75, 0.5, 0.0]
    assert [r.rate for r in fnmr.rates()] == [0.0, 0.0, 0.5]


@pytest.mark.slow
@given(SCORES, SCORES)
def test_fmr_falls_and_fnmr_rises_with_the_threshold(mated, non_mated):
    t = np.linspace(-1.1, 1.1, 23)
    fmr = [r.rate for r in false_matches(pairs(non_mated), t, None).rates()]
    fnmr = [r.rate for r in false_non_matches(pairs(mated), t, None).rates()]
    assert fmr == sorted(fmr, reverse=True)
    assert fnmr == sorted(fnmr)
    assert (fmr[0], fmr[-1], fnmr[0], fnmr[-1]) == (1, 0, 0, 1)


@pytest.mark.slow
@given(SCORES, SCORES)
def test_eer_lies_where_the_det_curve_crosses(mated, non_mated):
    rate, t = equal_error_rate(np.array(mated), np.array(non_mated))
    fmr, fnmr = np.mean(np.array(non_mated) >= t), np.mean(np.array(mated) < t)
    assert rate == pytest.approx((fmr + fnmr) / 2)
    every = np.unique([*mated, *non_mated, 2.0])
    gaps = [abs(np.mean(np.array(non_mated) >= x) - np.mean(np.array(mated) < x)) for x in every]
    assert abs(fmr - fnmr) <= min(gaps) + 1e-9


def test_eer_of_separated_scores_is_zero():
    assert equal_error_rate(np.array([0.8, 0.9]), np.array([0.1, 0.2]))[0] == 0
    assert equal_error_rate(np.array([]), np.array([0.1])) is None


def test_threshold_for_a_target_meets_it_and_no_lower_one_does():
    scores = np.sort(np.random.default_rng(1).normal(size=1000))
    t = threshold_for(scores, 0.01)
    assert np.sum(scores >= t) == 10
    assert np.sum(scores >= np.nextafter(t, -np.inf)) == 11


def test_a_target_that_the_data_cannot_count_is_not_stated():
    assert threshold_for(np.arange(1000) / 1000, 1e-3) is None


def test_det_thresholds_reach_from_the_highest_fmr_to_none():
    non_mated = np.random.default_rng(2).normal(size=5000)
    t = det_thresholds(np.array([3.0, 6.0]), non_mated)
    fmr = [np.mean(non_mated >= x) for x in t]
    assert fmr[0] == pytest.approx(0.1, abs=0.001)
    assert 0 in fmr
    assert 1 / 5000 in fmr


def test_decision_error_takes_its_threshold_from_the_other_folds():
    assert decision_error(np.full(20, 0.9), np.full(20, 0.1)).errors == 0
    swapped = decision_error(np.r_[np.full(18, 0.9), 0.1, 0.1], np.full(20, 0.5))
    assert swapped.errors == 2
    assert decision_error(np.full(9, 0.9), np.full(20, 0.1)) is None


def test_histogram_counts_every_score_once():
    found = histogram(np.array([0.5, 1.0]), np.array([-0.2, 0.0, 0.1]))
    assert (sum(found.mated), sum(found.non_mated)) == (2, 3)
    assert len(found.edges) == len(found.mated) + 1


def test_fpir_and_fmr_are_inverse():
    assert expected_fpir(0.01, 2) == pytest.approx(0.0199)
    assert expected_fpir(needed_fmr(1e-3, 300_000), 300_000) == pytest.approx(1e-3)


def test_bootstrap_is_seeded():
    one, same, other = (SubjectDraws.make(9, 20, seed) for seed in (1, 1, 2))
    assert (one.times == same.times).all()
    assert not (one.times == other.times).all()
    assert (one.times.sum(axis=1) == 9).all()


def test_bootstrap_weights_are_products_between_and_single_within_subjects():
    draws = SubjectDraws(np.array([[2.0, 3.0, 0.0]]))
    a, b = np.array([0, 0, 1, 1]), np.array([1, 2, 2, 1])
    assert draws.counts(a, b, np.array([0, 0, 1, 1]), 2).tolist() == [[6.0, 3.0]]


@pytest.mark.slow
@given(st.lists(st.integers(0, 4), min_size=3, max_size=12))
def test_the_closed_form_of_all_comparisons_is_their_sum(subjects):
    subjects = np.array(subjects)
    embeddings = np.ones((len(subjects), 2), np.float32)
    _, non_mated = compare_all(embeddings, np.arange(len(subjects)), subjects)
    draws = SubjectDraws.make(5, 6)
    listed = draws.totals(non_mated.subject_a, non_mated.subject_b)
    closed = draws.cross_totals(np.bincount(subjects, minlength=5))
    assert closed == pytest.approx(listed)


def test_bootstrap_of_one_comparison_per_subject_is_as_wide_as_wilson():
    scores = np.r_[np.zeros(60), np.ones(540)]
    who = np.arange(600)
    curve = false_non_matches(pairs(scores, who, who), [0.5], SubjectDraws.make(600))
    rate, (low, high) = curve.at(0.5), wilson(60, 600)
    assert rate.interval == "bootstrap over subjects"
    assert rate.low == pytest.approx(low, abs=0.006)
    assert rate.high == pytest.approx(high, abs=0.006)


def test_ten_images_of_a_person_are_not_ten_independent_ones():
    scores = np.r_[np.zeros(60), np.ones(540)]
    who = np.repeat(np.arange(60), 10)
    clustered = false_non_matches(pairs(scores, who, who), [0.5], SubjectDraws.make(60)).at(0.5)
    low, high = wilson(60, 600)
    assert clustered.high - clustered.low > 2 * (high - low)
