"""The object detector with a network that is a plain function."""

import numpy as np
import pytest

from beholden.testing.inference import FakeNetwork
from beholden.vision.noise import is_noise
from beholden.vision.objects import KINDS, ObjectDetector, tiles
from beholden.vision.scenes import SceneClassifier, centre_square

PERSON, CAR = 1, 3


class Looks:
    """Answers each look with the next of `answers`: rows of (top, left, bottom, right, id, score)
    in shares of what it is shown; nothing once they are used up."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.count = 0

    def __call__(self, pixels):
        assert pixels.shape == (1, 300, 300, 3)
        assert pixels.dtype == np.uint8
        self.count += 1
        rows = self.answers.pop(0) if self.answers else []
        boxes, classes, scores = np.zeros((1, 100, 4)), np.zeros((1, 100)), np.zeros((1, 100))
        for n, (*box, kind, score) in enumerate(rows):
            boxes[0, n], classes[0, n], scores[0, n] = box, kind, score
        arrays = (boxes, classes, scores, np.array([len(rows)]))
        return [np.asarray(array, np.float32) for array in arrays]


def detect(looks, height=400, width=600):
    return ObjectDetector(FakeNetwork(looks))(np.zeros((height, width, 3), np.uint8))


def test_a_box_in_pixels_of_the_image():
    (found,) = detect(Looks([(0.25, 0.5, 0.75, 1.0, CAR, 0.9)]))
    assert found.kind == "car"
    box = found.box_px
    assert (box.left, box.top, box.width, box.height) == (300, 100, 300, 200)


def test_a_large_object_needs_one_look():
    looks = Looks([(0.0, 0.0, 0.9, 0.9, PERSON, 0.9)])
    detect(looks)
    assert looks.count == 1


@pytest.mark.parametrize("first", [[], [(0.4, 0.4, 0.5, 0.5, PERSON, 0.9)]])
def test_nothing_or_something_small_is_looked_at_closer(first):
    looks = Looks(first)
    detect(looks)
    assert looks.count == 5


def test_a_small_picture_has_no_tiles():
    looks = Looks([])
    detect(looks, 300, 399)
    assert looks.count == 1


def test_an_object_seen_in_two_tiles_is_one():
    whole = [(0.45, 0.45, 0.55, 0.55, PERSON, 0.6)]
    seen = [(0.75, 0.75, 0.9166667, 0.9166667, PERSON, 0.9)]
    (found,) = detect(Looks(whole, seen))
    assert found.confidence == pytest.approx(0.9)


def test_what_an_inner_edge_cuts_is_left_to_the_other_tile():
    assert detect(Looks([], [(0.1, 0.5, 0.3, 1.0, CAR, 0.9)])) == []
    assert len(detect(Looks([], [(0.0, 0.0, 0.3, 0.3, CAR, 0.9)]))) == 1


def test_tiles_cover_the_picture():
    covered = np.zeros((77, 501), bool)
    for left, top, right, bottom in tiles(501, 77):
        covered[top:bottom, left:right] = True
    assert covered.all()


@pytest.mark.parametrize("shape", [(1, 80), (1, 10_000), (10_000, 80), (80, 80)])
def test_extreme_shapes_are_looked_at(shape):
    assert detect(Looks(), *shape) == []


def test_eighty_kinds():
    assert len(KINDS) == len(set(KINDS)) == 80
    assert (KINDS[0], KINDS[-1]) == ("person", "toothbrush")


def test_scenes_are_probabilities_of_the_centre_square():
    seen = []

    def network(pixels):
        seen.append(pixels)
        return [np.full((1, 1000), 128, np.uint8)]

    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = 255
    assert (SceneClassifier(FakeNetwork(network))(pixels) == 0.5).all()
    assert (seen[0] == 255).all()
    assert centre_square(pixels).shape == (100, 100, 3)


def test_noise_is_told_from_pictures():
    data = pytest.importorskip("skimage.data")
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert is_noise(noise)
    assert not is_noise(data.astronaut())
    assert not is_noise(data.coffee())
    assert not is_noise(np.full((300, 300, 3), 90, np.uint8))
