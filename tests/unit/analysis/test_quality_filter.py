import numpy as np
import pytest

from beholden.analysis.quality_filter import quality_bars, reject_reasons, visible_side_px
from beholden.domain.face import FaceDetails, FaceDetection, Pose, Quality
from beholden.domain.geometry import Box
from beholden.domain.image import Image

IMAGE = Image(np.zeros((400, 400, 3), np.uint8), b"")
LEVELS = ("LOW", "AUTO", "MEDIUM", "HIGH")


def face(*, side=120.0, confidence=0.93, pose=(0, 0, 0), quality=(75, 80), presence=1.0, left=50):
    detection = FaceDetection(
        Box(left, 50, side, side * 1.2), confidence, np.zeros((5, 2), np.float32)
    )
    return FaceDetails(detection, {}, Pose(*pose), Quality(*quality), presence=presence)


BAD = {
    "SMALL_BOUNDING_BOX": face(side=10),
    "LOW_CONFIDENCE": face(confidence=0.5),
    "EXTREME_POSE": face(pose=(0, -80, 0)),
    "LOW_BRIGHTNESS": face(quality=(4, 80)),
    "LOW_SHARPNESS": face(quality=(75, 1)),
    "LOW_FACE_QUALITY": face(presence=0.01),
}


@pytest.mark.parametrize("level", ["NONE", *LEVELS])
def test_a_good_face_passes(level):
    assert reject_reasons(face(), IMAGE, level) == ()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("reason", BAD)
def test_each_fault_has_its_reason_and_no_other(level, reason):
    assert reject_reasons(BAD[reason], IMAGE, level) == (reason,)
    assert reject_reasons(BAD[reason], IMAGE, "NONE") == ()


def test_all_reasons_are_given():
    worst = face(side=10, confidence=0.5, pose=(170, 80, -70), quality=(2, 0), presence=0.0)
    assert set(reject_reasons(worst, IMAGE, "AUTO")) == set(BAD)


@pytest.mark.parametrize("pose", [(0, 60, 0), (0, -60, 0), (0, 0, 50), (0, 0, -50), (-90, 0, 0)])
def test_pose_counts_either_way(pose):
    assert reject_reasons(face(pose=pose), IMAGE, "AUTO") == ("EXTREME_POSE",)


def test_levels_grow_stricter():
    bars = [quality_bars()[level] for level in LEVELS]
    for name in bars[0].__slots__:
        values = [getattr(bar, name) for bar in bars]
        assert values == sorted(values, reverse=name.startswith("max"))


def test_without_a_mesh_its_opinion_does_not_count():
    assert reject_reasons(face(presence=None), IMAGE, "HIGH") == ()


def test_only_what_is_in_the_image_counts_as_size():
    assert visible_side_px(Box(-90, 10, 100, 100), IMAGE) == 10
    assert visible_side_px(Box(500, 10, 100, 100), IMAGE) == 0
    assert "SMALL_BOUNDING_BOX" in reject_reasons(face(left=-115), IMAGE, "AUTO")


def test_reasons_are_rekognitions():
    session = pytest.importorskip("botocore.session").get_session()
    reasons = session.get_service_model("rekognition").shape_for("Reason").enum
    assert set(BAD) <= set(reasons)
    levels = session.get_service_model("rekognition").shape_for("QualityFilter").enum
    assert {"NONE", *quality_bars()} == set(levels)
