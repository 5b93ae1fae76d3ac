"""Accuracy of objects and labels on a part of ../shared/data, with tolerances about what
was measured.

The figures of all 200 photos are those of docs/model-cards/labels.md; benchmarks/label_accuracy.py
prints them.
"""

import pytest

from beholden.domain.errors import OperatorError
from beholden.engines.inference.openvino import OpenVino
from benchmarks import label_accuracy
from benchmarks.label_sets import DATA, coco, imagenet, open_labels

ONE_IN = 5


@pytest.fixture(scope="module")
def analysis():
    if not DATA.is_dir():
        pytest.skip("the labelled photos are not here")
    try:
        return open_labels(OpenVino())
    except OperatorError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def of_coco(analysis):
    return list(coco(analysis, every=ONE_IN))


@pytest.fixture(scope="module")
def judged(analysis, of_coco):
    return label_accuracy.protocol(analysis, of_coco, every=ONE_IN)


def test_average_precision(judged):
    found = label_accuracy.average_precision(judged)
    assert found["AP"] == pytest.approx(0.421, abs=0.02)
    assert found["AP50"] == pytest.approx(0.629, abs=0.02)


def test_what_is_shown_is_mostly_right(judged, analysis, of_coco):
    others = list(imagenet(analysis, every=4))
    curves = label_accuracy.reliabilities(analysis, judged, of_coco, others)
    precision = {curve.what: 1 - curve.wrong.rate for curve in curves}
    assert precision["boxes (COCO)"] > 0.8
    assert precision["labels of objects (COCO)"] > 0.85
    assert precision["labels of scenes (ImageNet)"] > 0.9
    assert precision["labels of scenes (COCO, things that it names)"] > 0.85


def test_confidences_of_objects_mean_what_they_say(judged, analysis, of_coco):
    curves = label_accuracy.reliabilities(analysis, judged, of_coco, ())
    errors = {curve.what: curve.calibration_error for curve in curves}
    assert errors["boxes (COCO)"] < 0.06
    assert errors["labels of objects (COCO)"] < 0.12
