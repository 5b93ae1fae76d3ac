"""Verification and identification on LFW, and what the shipped calibration promises of them.

Every picture is looked at once, as `beholden evaluate` looks at it; docs/evaluate.md has the
numbers, here is room for another CPU.
"""

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial

import numpy as np
import pytest

from beholden.analysis.calibration import Calibration
from beholden.analysis.evaluator import Evaluator
from beholden.analysis.image import ImageDecoder
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.evaluation.advice import advise_from
from beholden.evaluation.findings import plain
from beholden.evaluation.observe import Look, WhichFace, observe
from beholden.evaluation.plans import make_plan
from beholden.evaluation.scale import Scale
from benchmarks import lfw


@pytest.fixture(scope="module")
def seen(shared_data, models_dir):
    """Every picture of LFW, by its path."""
    models = Models(Settings())
    parts = (models.analysis(), models.describer(), models.labels(), models.text())
    calibration = Calibration.load(models.face_model_version)
    evaluator = Evaluator(ImageDecoder(), *parts, calibration, models.face_model_version)
    look = partial(observe, evaluator, Look.TEMPLATE, which=WhichFace.CENTRAL)
    paths = lfw.images(shared_data / "lfw")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return dict(zip(paths, pool.map(look, paths), strict=True))


@pytest.fixture(scope="module")
def scale(models_dir):
    return Scale.make(Calibration.load(Models(Settings()).face_model_version), (), 80)


@pytest.fixture(scope="module")
def embeddings(seen):
    return {path.stem: np.array(one.embedding, np.float32) for path, one in seen.items()}


@pytest.fixture(scope="module")
def pairs(shared_data, embeddings):
    """Scores (n,) of the protocol's pairs, and which are mated."""
    listed = [pair for fold in lfw.folds(shared_data / "lfw") for pair in fold]
    scores = np.array([embeddings[a] @ embeddings[b] for a, b, _ in listed])
    return scores, np.array([mated for *_, mated in listed])


def judged(kind, path, shared_data, seen, scale):
    plan = make_plan(kind, path, shared_data / "lfw/images", [])
    return plan.judge([seen[image] for image in plan.images.paths], scale)


def test_accuracy_with_the_threshold_of_the_other_folds(shared_data, embeddings):
    assert np.mean(lfw.fold_accuracies(embeddings, shared_data / "lfw")) >= 0.993


def test_rates_at_the_default_threshold(pairs, scale):
    scores, mated = pairs
    similarity = scale.calibration.similarity(scores)
    assert (similarity[mated] < 80).mean() < 0.05
    assert (similarity[~mated] >= 80).sum() <= 2
    assert np.median(similarity[mated]) > 99


def test_strangers_are_as_rare_as_the_calibration_says(embeddings, scale):
    names = np.array([stem.rsplit("_", 1)[0] for stem in embeddings])
    matrix = np.stack(list(embeddings.values()))
    upper = np.triu_indices(len(names), 1)
    strangers = names[upper[0]] != names[upper[1]]
    scores = (matrix @ matrix.T)[upper][strangers]
    for similarity, fmr in ((40, 1e-2), (60, 1e-3), (80, 1e-4), (90, 1e-5)):
        assert (scores >= scale.score(similarity)).mean() == pytest.approx(fmr, rel=0.5)


def test_evaluation_of_verification_and_the_advice_from_it(shared_data, seen, scale):
    listed = shared_data / "lfw/pairs_folds123.txt"
    results = judged("verification", listed, shared_data, seen, scale)
    assert results.decision_error.rate <= 0.006
    assert results.non_mated > 2_600_000
    assert results.eer < 0.01
    at = {row.target_fmr: row.fnmr.rate for row in results.operating_points}
    assert at[1e-3] < 0.025
    advice = advise_from({"results": plain(asdict(results))}, 300_000, 1e-3)
    assert advice.extrapolated


def test_evaluation_of_identification_bears_out_independence(shared_data, seen, scale, tmp_path):
    listed = json.loads((shared_data / "lfw/identification.json").read_text())
    rows = [("image", "subject", "role")]
    rows += [(image, person, "gallery") for person, image in listed["gallery"].items()]
    rows += [(p["image"], p["person"], "probe") for p in listed["probes"]]
    rows += [(image, image.split("/")[0], "probe") for image in listed["unknown_probes"]]
    path = tmp_path / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    results = judged("identification", path, shared_data, seen, scale)
    assert results.rank_one_miss.rate < 0.02
    whole = [row for row in results.sizes if row.gallery_size == 450]
    assert whole
    for row in whole:
        assert row.fpir_measured == pytest.approx(row.fpir_independent, rel=0.1)
