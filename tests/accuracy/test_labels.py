"""Accuracy of objects and labels on a part of ../shared/data, with tolerances about what
was measured.

The figures of all 200 photos are those of docs/model-cards/labels.md; benchmarks/label_accuracy.py
prints them.
"""

import pytest

from beholden.domain.errors import OperatorError
from beholden.engines.inference.openvino import OpenVino
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
def seen(analysis):
    return [*coco(analysis, every=ONE_IN), *imagenet(analysis, every=4)]


@pytest.fixture(scope="module")
def label_accuracy():
    pytest.importorskip("pycocotools")
    from benchmarks import label_accuracy

    return label_accuracy


def test_average_precision(label_accuracy, seen):
    found = label_accuracy.average_precision(one for one in seen if one.set == "coco")
    assert found["AP"] == pytest.approx(0.421, abs=0.02)
    assert found["AP50"] == pytest.approx(0.629, abs=0.02)


def test_what_is_shown_is_mostly_right(label_accuracy, analysis, seen):
    measured = label_accuracy.measured(analysis, seen)
    precision = {name: label_accuracy.precision(pairs) for name, pairs in measured.items()}
    assert precision["boxes (COCO)"] > 0.8
    assert precision["labels of objects (COCO)"] > 0.85
    assert precision["labels of scenes (ImageNet)"] > 0.9
    assert precision["labels of scenes (COCO, things that it names)"] > 0.85
