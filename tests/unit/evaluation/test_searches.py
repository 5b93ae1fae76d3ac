"""1:N error rates on galleries small enough to see through."""

import itertools

import numpy as np
import pytest

from beholden.evaluation.searches import Searches, fpir_at_size, search

E = np.eye(4, dtype=np.float32)


def blend(a, b, share):
    mixed = share * E[a] + np.sqrt(1 - share**2) * E[b]
    return mixed.astype(np.float32)


def small() -> Searches:
    """Subjects 0 and 1 enrolled; probes: 0 well, 1 badly (nearer to 0), 2 of nobody, 3 failed."""
    rows = [E[0], E[1], blend(0, 2, 0.9), blend(0, 1, 0.8), blend(1, 3, 0.4), E[3] * 0]
    has = np.array([True] * 5 + [False])
    subjects = np.array([0, 1, 0, 1, 2, 0])
    return search(np.array(rows), has, subjects, np.array([True, True] + [False] * 4))


def test_mates_and_false_positives():
    found = small()
    assert found.gallery_size == 2
    assert found.mated.tolist() == [True, True, False, True]
    assert found.mates(2).scores == pytest.approx([0.9, 0.6, -np.inf], abs=1e-3)
    assert found.mates(1).scores == pytest.approx([0.9, -np.inf, -np.inf], abs=1e-3)
    assert found.false_positives().scores == pytest.approx([0.4], abs=1e-3)


def test_templates_are_searched_as_they_are_stored():
    rows = np.array([[0.6, 0.8], [0.6, 0.8]], np.float32)
    found = search(rows, np.array([True, True]), np.array([0, 0]), np.array([True, False]))
    stored = rows[0].astype(np.float16).astype(np.float32)
    assert found.scores[0, 0] == pytest.approx(float(rows[1] @ stored), abs=1e-7)


def test_fpir_of_part_galleries_is_the_mean_over_all_of_them():
    scores = (np.random.default_rng(3).random((7, 6)) > 0.7).astype(np.float32)
    found = Searches(scores, np.arange(7), np.arange(7), np.full(7, -1), np.arange(6))
    for size in (1, 2, 4, 6):
        parts = itertools.combinations(range(6), size)
        by_hand = np.mean([(scores[:, part] >= 0.5).any(axis=1).mean() for part in parts])
        assert fpir_at_size(found, 0.5, size) == pytest.approx(by_hand)
