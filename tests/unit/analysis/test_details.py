from dataclasses import fields

import numpy as np
import pytest

from beholden.analysis.details import ALL_ATTRIBUTES, FaceDescriber, FaceNetworks
from beholden.domain.face import FaceAttributes, FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.testing.inference import FakeNetwork
from beholden.vision.calibration import read_calibration

FACE = FaceDetection(
    Box(50, 40, 100, 120),
    0.9,
    np.array([[80, 80], [120, 80], [100, 105], [85, 130], [115, 130]], np.float32),
)
PIXELS = np.random.default_rng(3).integers(60, 200, (200, 200, 3), np.uint8)
IMAGE = Image(PIXELS, b"")
# Two of the mesh's 192 crop pixels are about one and a half image pixels here.
CROP_PLACES = {
    33: (66, 80), 133: (84, 80), 362: (108, 80), 263: (126, 80), 2: (96, 110), 1: (96, 105),
    234: (50, 100), 454: (142, 100), 10: (96, 40), 152: (96, 150),
    61: (80, 128), 291: (112, 128), 13: (96, 126), 14: (96, 134), 78: (82, 128), 308: (110, 128),
    9: (96, 72), 168: (96, 80), 6: (96, 86), 195: (96, 100),
}  # fmt: skip


class Ran:
    """Fake networks that count their runs."""

    def __init__(self, presence=9.0):
        self.counts = dict.fromkeys(("face_mesh", "iris", "age", "gender", "emotion"), 0)
        points = np.full((468, 3), 96, np.float32)
        for number, place in CROP_PLACES.items():
            points[number, :2] = place
        emotion = np.float32([[0.02, 0.02, 0.02, 0.88, 0.02, 0.02, 0.02]])
        outputs = {
            "face_mesh": [points.reshape(1, 1, 1, -1), np.full((1, 1, 1, 1), presence, np.float32)],
            "iris": [np.zeros((1, 213), np.float32), np.zeros((1, 15), np.float32)],
            "age": [np.eye(81, dtype=np.float32)[None, 40]],
            "gender": [np.float32([[0.999, 0.001]])],
            "emotion": [emotion],
        }
        networks = {name: self._network(name, output) for name, output in outputs.items()}
        self.describer = FaceDescriber(FaceNetworks(**networks), read_calibration())

    def _network(self, name, output):
        def run(*_):
            self.counts[name] += 1
            return output

        return FakeNetwork(run)

    def describe(self, *wanted):
        return self.describer.describe(IMAGE, [FACE], frozenset(wanted))[0]


def told(details):
    return {f.name for f in fields(FaceAttributes) if getattr(details.attributes, f.name)}


def test_default_details_run_the_mesh_alone():
    ran = Ran()
    details = ran.describe()
    assert ran.counts == {"face_mesh": 1, "iris": 0, "age": 0, "gender": 0, "emotion": 0}
    assert set(details.landmarks_px) == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert details.attributes == FaceAttributes()
    assert details.presence == pytest.approx(1, abs=1e-3)
    assert 0 < details.quality.brightness_pct < 100


@pytest.mark.parametrize(
    ("wanted", "field", "network"),
    [
        ("AGE_RANGE", "age_years", "age"),
        ("GENDER", "gender", "gender"),
        ("EMOTIONS", "emotions", "emotion"),
        ("SMILE", "smile", "emotion"),
        ("MOUTH_OPEN", "mouth_open", None),
        ("EYES_OPEN", "eyes_open", "iris"),
        ("EYEGLASSES", "eyeglasses", None),
        ("SUNGLASSES", "sunglasses", None),
    ],
)
def test_one_attribute_runs_its_own_network_only(wanted, field, network):
    ran = Ran()
    assert told(ran.describe(wanted)) == {field}
    assert {name for name, count in ran.counts.items() if count} == {"face_mesh"} | (
        {network} if network else set()
    )


def test_all_attributes_run_each_network_once_an_eye_each():
    ran = Ran()
    details = ran.describe(*ALL_ATTRIBUTES)
    assert ran.counts == {"face_mesh": 1, "iris": 2, "age": 1, "gender": 1, "emotion": 1}
    assert len(details.landmarks_px) == 30
    assert details.attributes.age_years == (37, 44)
    assert details.attributes.gender.value == "Female"
    assert next(iter(details.attributes.emotions)) == "HAPPY"
    assert details.attributes.smile.value
    assert details.attributes.mouth_open.value


@pytest.mark.parametrize("wanted", ["BEARD", "MUSTACHE", "FACE_OCCLUDED", "EYE_DIRECTION"])
def test_what_cannot_be_told_is_left_out(wanted):
    assert Ran().describe(wanted).attributes == FaceAttributes()


def test_of_a_face_that_is_not_there_nothing_is_told():
    ran = Ran(presence=-9.0)
    details = ran.describe(*ALL_ATTRIBUTES)
    assert details.attributes == FaceAttributes()
    assert len(details.landmarks_px) == 5
    assert ran.counts["age"] == ran.counts["iris"] == 0


def test_eyes_and_eyeglasses_of_a_small_face_are_left_out():
    small = FaceDetection(Box(50, 40, 30, 36), 0.9, FACE.landmarks_px * np.float32(0.3) + 45)
    wanted = frozenset({"EYES_OPEN", "EYEGLASSES", "SUNGLASSES"})
    details = Ran().describer.describe(IMAGE, [small], wanted)[0]
    assert told(details) == {"sunglasses"}


def test_faces_are_described_in_their_order():
    other = FaceDetection(Box(0, 0, 60, 60), 0.7, FACE.landmarks_px * np.float32(0.5))
    described = Ran().describer.describe(IMAGE, [other, FACE], frozenset())
    assert [d.detection for d in described] == [other, FACE]
    assert Ran().describer.describe(IMAGE, [], ALL_ATTRIBUTES) == []


def test_attribute_names_are_rekognitions():
    session = pytest.importorskip("botocore.session").get_session()
    names = session.get_service_model("rekognition").shape_for("Attribute").enum
    assert set(names) - {"DEFAULT", "ALL"} == ALL_ATTRIBUTES
