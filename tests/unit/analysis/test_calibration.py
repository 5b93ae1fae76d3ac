import numpy as np
import pytest

from beholden.analysis.calibration import Calibration
from beholden.domain.errors import OperatorError
from beholden.engines.models.manifest import read_manifest

VERSION = read_manifest()["sface"].face_model_version


@pytest.fixture(scope="module")
def shipped():
    return Calibration.load(VERSION)


def test_higher_scores_are_never_less_similar(shipped):
    scores = np.linspace(-1, 1, 200_001, dtype=np.float32)
    similarity = shipped.similarity(scores)
    assert similarity.dtype == np.float32
    assert (np.diff(similarity) >= 0).all()
    assert (similarity[0], similarity[-1]) == (0, 100)


def test_only_identical_vectors_are_100(shipped):
    below, rounded, above = shipped.similarity(np.array([0.9997, 0.99985, 1.0001], np.float32))
    assert below < 100
    assert rounded == above == 100  # the same vector, once rounded to half precision


@pytest.mark.parametrize("similarity", [0, 12.5, 50, 80, 90, 95, 99, 99.9, 100])
def test_score_is_the_inverse(shipped, similarity):
    score = np.array([shipped.score(similarity)], np.float32)
    assert shipped.similarity(score)[0] == pytest.approx(similarity, abs=1e-3)


def test_thresholds_follow_the_measurement_that_ships(shipped):
    """Within what one in ten thousand at 80 may mean for a cosine of this network."""
    assert 0.35 < shipped.score(80) < shipped.score(90) < shipped.score(99) < 0.6


def test_shape_is_kept(shipped):
    assert shipped.similarity(np.zeros((3, 4), np.float32)).shape == (3, 4)
    assert shipped.similarity(np.zeros(0, np.float32)).shape == (0,)


def test_a_missing_or_spoilt_file_says_what_to_do(tmp_path):
    with pytest.raises(OperatorError, match=r"benchmarks\.calibrate"):
        Calibration.load("1999.1")
    for text in ("knots = [[-1, 0], [0.5, 80]]", "knots = [[1]]", "knots", "other = 1"):
        (tmp_path / "similarity-2.0.toml").write_text(text)
        with pytest.raises(OperatorError, match=r"2\.0"):
            Calibration.load("2.0", tmp_path)


def test_knots_that_do_not_rise_are_refused():
    with pytest.raises(ValueError, match="rise"):
        Calibration([-1, 0.5, 0.5, 1], [0, 10, 20, 100])
