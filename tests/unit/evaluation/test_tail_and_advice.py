"""The fitted tail on distributions whose tail is known, and advice drawn from it."""

import json
from dataclasses import asdict
from functools import cache

import numpy as np
import pytest

from beholden.analysis.calibration import Calibration
from beholden.domain.errors import OperatorError
from beholden.evaluation.advice import advise_from, in_words
from beholden.evaluation.comparisons import Comparisons
from beholden.evaluation.findings import plain
from beholden.evaluation.non_mated import keep
from beholden.evaluation.rates import needed_fmr
from beholden.evaluation.resampling import SubjectDraws
from beholden.evaluation.scale import Scale
from beholden.evaluation.tail import Tail, fit_tail

PEOPLE = 500


@cache
def non_mated(n=200_000, spread=0.08):
    rng = np.random.default_rng(7)
    a, b = rng.integers(PEOPLE, size=n), rng.integers(PEOPLE, size=n)
    return Comparisons(rng.normal(0, spread, n), a, b, a, b + PEOPLE)


@cache
def report():
    scale = Scale(Calibration([-1, 0, 0.3, 1], [0, 1, 80, 100]))
    kept = keep(non_mated(), SubjectDraws.make(2 * PEOPLE, 50), scale)
    return {"results": {"non_mated_scores": plain(asdict(kept))}}


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.3])
def test_tail_and_its_inverse_agree(shape):
    tail = Tail(0.3, 1e-3, shape, 0.02)
    assert tail.fmr(tail.threshold(1e-6)) == pytest.approx(1e-6)
    assert tail.threshold(1e-3) == pytest.approx(0.3)


def test_an_exponential_tail_is_recognised():
    scores = np.random.default_rng(1).exponential(0.05, 400_000)
    who = np.arange(len(scores))
    fitted = fit_tail(Comparisons(scores, who, who, who, who), None).fitted
    assert fitted.shape == pytest.approx(0, abs=0.12)
    assert fitted.scale == pytest.approx(0.05, rel=0.15)
    assert fitted.share == pytest.approx(1e-3)


def test_too_few_scores_have_no_tail():
    who = np.arange(100)
    assert fit_tail(Comparisons(np.zeros(100), who, who, who, who), None) is None


@pytest.mark.slow
def test_a_target_within_the_data_is_counted():
    advice = advise_from(report(), 10, 1e-2)
    scores = non_mated().scores
    assert not advice.extrapolated
    assert np.mean(scores >= advice.score) <= needed_fmr(1e-2, 10)
    assert advice.score <= advice.safe_score
    assert "EXTRAPOLATED" not in in_words(advice)


def test_a_target_beyond_the_data_is_marked_and_near_the_truth():
    advice = advise_from(report(), 1000, 1e-3)
    assert advice.extrapolated
    assert "EXTRAPOLATED" in in_words(advice)
    truth = 0.08 * 4.753  # the normal quantile of FMR 1e-6
    assert advice.score == pytest.approx(truth, rel=0.15)
    assert advice.safe_score > advice.score


def test_larger_galleries_need_higher_similarities():
    found = [advise_from(report(), n, 1e-2).score for n in (1, 10, 100, 1000, 10_000)]
    assert found == sorted(found)


def test_advice_is_json():
    assert json.loads(advise_from(report(), 10, 1e-2).to_json())["gallery_size"] == 10


def test_what_is_not_a_report_is_refused():
    with pytest.raises(OperatorError, match="not the JSON"):
        advise_from({"results": {}}, 10, 1e-2)
