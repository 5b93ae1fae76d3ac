"""The object detector with a network that is a plain function."""

import numpy as np
import pytest

from beholden.testing.inference import FakeNetwork
from beholden.vision.noise import is_noise
from beholden.vision.objects import KINDS, ObjectDetector, anchors
from beholden.vision.scenes import SceneClassifier, centre_square

PERSON, CAR, UNUSED = 1, 3, 12
CELLS = {300: (19, 10, 5, 3, 2, 1), 428: (27, 14, 7, 4, 2, 1)}


class Looks:
    """Answers each look with the next of `answers`, as the network would: rows of (top, left,
    bottom, right, id, score) in shares of the picture; nothing once they are used up."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sides = []

    def __call__(self, pixels):
        side = pixels.shape[2]
        assert pixels.shape == (1, 3, side, side)
        assert abs(pixels).max() <= 1
        self.sides.append(side)
        cells = CELLS[side]
        anchor = anchors(cells, side)
        offsets = np.zeros((len(anchor), 4), np.float32)
        logits = np.full((len(anchor), 91), -20, np.float32)
        rows = self.answers.pop(0) if self.answers else []
        for n, (top, left, bottom, right, kind, score) in enumerate(rows):
            y, x, height, width = anchor[n]
            offsets[n] = (
                10 * ((top + bottom) / 2 - y) / height,
                10 * ((left + right) / 2 - x) / width,
                5 * np.log((bottom - top) / height),
                5 * np.log((right - left) / width),
            )
            logits[n, kind] = np.log(score / (1 - score))
        return list(grids(offsets, logits, cells))


def grids(offsets, logits, cells):
    start = 0
    for level, n in enumerate(cells):
        end = start + n * n * (6 if level else 3)
        yield offsets[start:end].reshape(1, n, n, -1)
        yield logits[start:end].reshape(1, n, n, -1)
        start = end


def detect(looks, height=400, width=600):
    return ObjectDetector(FakeNetwork(looks))(np.zeros((height, width, 3), np.uint8))


def test_anchors_keep_their_size_in_pixels():
    whole, close = (anchors(cells, side) * side for side, cells in CELLS.items())
    assert whole.shape == (1917, 4)
    assert whole[0] == pytest.approx((300 / 38, 300 / 38, 30, 30), abs=1e-3)
    assert whole[-1] == pytest.approx((150, 150, 300 * 0.95**0.5, 300 * 0.95**0.5), abs=1e-3)
    assert set(whole[:, 2].round(3)) == set(close[:, 2].round(3))
    wide = whole[:, 3] / whole[:, 2]
    assert sorted(set(wide.round(2))) == [0.33, 0.5, 1, 2, 3]


def test_a_box_in_pixels_of_the_image():
    (found,) = detect(Looks([(0.25, 0.5, 0.75, 1.0, CAR, 0.9)]))
    assert found.kind == "car"
    assert found.confidence == pytest.approx(0.9)
    box = found.box_px
    where = (box.left, box.top, box.width, box.height)
    assert where == pytest.approx((300, 100, 300, 200), abs=0.01)


def test_a_box_ends_where_the_picture_does():
    (found,) = detect(Looks([(0.5, 0.5, 1.5, 1.5, CAR, 0.9)]))
    assert found.box_px.right == pytest.approx(600)
    assert found.box_px.bottom == pytest.approx(400)


def test_ids_that_stand_for_nothing_and_low_scores_are_left_out():
    rows = [(0.0, 0.0, 0.9, 0.9, PERSON, 0.9), (0.1, 0.1, 0.9, 0.9, UNUSED, 0.9)]
    rows += [(0.5, 0.5, 0.9, 0.9, CAR, 0.09), (0.5, 0.5, 0.9, 0.9, CAR, 0.11)]
    assert [one.kind for one in detect(Looks(rows))] == ["person", "car"]


def test_a_large_object_needs_one_look():
    looks = Looks([(0.0, 0.0, 0.9, 0.9, PERSON, 0.9), (0.1, 0.1, 0.2, 0.2, CAR, 0.2)])
    detect(looks)
    assert looks.sides == [300]


@pytest.mark.parametrize("first", [[], [(0.4, 0.4, 0.5, 0.5, PERSON, 0.9)]])
def test_nothing_or_something_small_is_looked_at_closer(first):
    looks = Looks(first)
    detect(looks)
    assert looks.sides == [300, 428]


def test_a_small_picture_is_looked_at_once():
    looks = Looks([])
    detect(looks, 300, 399)
    assert looks.sides == [300]


def test_an_object_seen_twice_is_one():
    seen = (0.45, 0.45, 0.55, 0.55, PERSON)
    (found,) = detect(Looks([(*seen, 0.6)], [(*seen, 0.9)]))
    assert found.confidence == pytest.approx(0.9)


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
