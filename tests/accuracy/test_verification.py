"""Verification on LFW and what the shipped calibration promises of it."""

import numpy as np
import pytest

from beholden.analysis.calibration import Calibration
from beholden.engines.models.manifest import read_manifest
from benchmarks import lfw


@pytest.fixture(scope="module")
def embeddings(shared_data, models_dir):
    vision = lfw.Vision.open()
    return {path.stem: vision.embed(path) for path in lfw.images(shared_data / "lfw")}


@pytest.fixture(scope="module")
def pairs(shared_data, embeddings):
    """Scores (n,) of the protocol's pairs, and which are mated."""
    listed = [pair for fold in lfw.folds(shared_data / "lfw") for pair in fold]
    scores = np.array([embeddings[a] @ embeddings[b] for a, b, _ in listed])
    return scores, np.array([mated for *_, mated in listed])


def test_accuracy_with_the_threshold_of_the_other_folds(shared_data, embeddings):
    assert np.mean(lfw.fold_accuracies(embeddings, shared_data / "lfw")) >= 0.993


def test_rates_at_the_default_threshold(pairs):
    scores, mated = pairs
    similarity = Calibration.load(read_manifest()["sface"].face_model_version).similarity(scores)
    assert (similarity[mated] < 80).mean() < 0.05
    assert (similarity[~mated] >= 80).sum() <= 2
    assert np.median(similarity[mated]) > 99


def test_strangers_are_as_rare_as_the_calibration_says(embeddings):
    names = np.array([stem.rsplit("_", 1)[0] for stem in embeddings])
    matrix = np.stack(list(embeddings.values()))
    upper = np.triu_indices(len(names), 1)
    strangers = names[upper[0]] != names[upper[1]]
    scores = (matrix @ matrix.T)[upper][strangers]
    scale = Calibration.load(read_manifest()["sface"].face_model_version)
    for similarity, fmr in ((40, 1e-2), (60, 1e-3), (80, 1e-4), (90, 1e-5)):
        assert (scores >= scale.score(similarity)).mean() == pytest.approx(fmr, rel=0.5)
