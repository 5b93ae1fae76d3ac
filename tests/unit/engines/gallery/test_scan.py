"""Estimates and places of a scan, one probe by one and many at once, and the widening of halves."""

import numpy as np
import pytest

from beholden.domain.gallery import Changes
from beholden.engines.gallery.batch import widened
from beholden.engines.gallery.blocks import Blocks, apply
from beholden.engines.gallery.ranking import exact_scores, ranked
from beholden.engines.gallery.scan import MANY_PROBES, Fp16Scan

DIM = 32
ROWS = 700


def units(count, seed):
    vectors = np.random.default_rng(seed).standard_normal((count, DIM), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def templates():
    return units(ROWS, 1).astype(np.float16)


@pytest.fixture
def scan(templates):
    nos = np.arange(ROWS, dtype=np.int64) * 3
    changes = Changes(nos, templates, np.empty(0, np.int64), ROWS, False)
    return Fp16Scan(apply(Blocks(), changes, max_rows=64), threads=1)


def test_every_finite_half_is_widened_exactly():
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    expected = halves.astype(np.float32)
    np.testing.assert_array_equal(widened(halves).view(np.int32), expected.view(np.int32))


@pytest.mark.parametrize("probes", [1, MANY_PROBES - 1, MANY_PROBES, 3 * MANY_PROBES])
@pytest.mark.parametrize("count", [1, 20, ROWS])
def test_the_best_are_found_and_estimated_within_the_stated_error(scan, templates, probes, count):
    asked = units(probes, 2)
    scores, places = scan.best(asked, count)
    errors = scan.error(asked)
    assert (errors > 0).all()
    assert (errors < 1e-5).all()
    for at, probe in enumerate(asked):
        nos, vectors = scan.at(places[at])
        true = exact_scores(templates, probe)
        np.testing.assert_array_equal(vectors, templates[nos // 3])
        assert np.abs(scores[at] - true[nos // 3]).max() <= errors[at]
        assert sorted(nos // 3) == sorted(np.argsort(-true)[:count])


@pytest.mark.parametrize("probes", [1, MANY_PROBES])
def test_places_are_negative_where_there_are_no_more(scan, probes):
    _, places = scan.best(units(probes, 2), ROWS + 5)
    assert ((places >= 0).sum(axis=1) == ROWS).all()


class Blurred:
    """A coarse scan: estimates are off by up to `blur`, as those of few bits would be."""

    def __init__(self, scan, blur):
        self.scan, self.blur = scan, blur
        self.rows, self.dim, self.at = scan.rows, scan.dim, scan.at
        self.asked = []

    def best(self, probes, count):
        self.asked.append(count)
        scores, places = self.scan.best(probes, self.rows)
        noise = np.random.default_rng(5).uniform(-self.blur, self.blur, scores.shape)
        blurred = (scores + noise).astype(np.float32)
        order = np.argsort(-blurred, axis=1)[:, :count]
        return np.take_along_axis(blurred, order, 1), np.take_along_axis(places, order, 1)

    def error(self, probes):
        return np.full(len(probes), self.blur + 1e-5, np.float32)


@pytest.mark.parametrize("blur", [0.0, 0.2, 0.3])
@pytest.mark.parametrize("min_score", [-1.0, 0.25])
def test_a_coarse_scan_gives_the_exact_answer_by_looking_at_more(scan, blur, min_score):
    probes = units(6, 3)
    coarse = Blurred(scan, blur)
    assert ranked(coarse, probes, 5, min_score) == ranked(scan, probes, 5, min_score)
    assert (len(coarse.asked) > 1) == (blur > 0)
