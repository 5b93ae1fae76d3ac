"""Tracking faces that are drawn: a patch of noise is somebody, another patch somebody else."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from beholden.analysis.tracks import GAP_MS, FaceTracker, moved
from beholden.domain.face import FaceDetails, FaceDetection, Pose, Quality
from beholden.domain.geometry import Box
from beholden.domain.image import Image

SIDE = 60


def looks(seed):
    return np.random.default_rng(seed).integers(0, 255, (SIDE, SIDE, 3), np.uint8)


def frame(*people):
    """(seed, left) pairs, side by side on grey."""
    pixels = np.full((120, 480, 3), 100, np.uint8)
    for seed, left in people:
        pixels[30 : 30 + SIDE, left : left + SIDE] = looks(seed)
    return Image(pixels, b"")


def face(left):
    points = np.array([[18, 24], [42, 24], [30, 36], [20, 46], [40, 46]], np.float32)
    return FaceDetection(Box(left, 30, SIDE, SIDE), 0.9, points + np.float32([left, 30]))


@dataclass
class Vision:
    """Both analyses. A face is recognised by its pixels; what it was asked is counted."""

    places: list = field(default_factory=list)
    detected: int = 0
    close_ups: int = 0
    described: int = 0
    embedded: int = 0

    def detect(self, image):
        self.detected += 1
        return [face(left) for left in self.places]

    def closer(self, image, before):
        self.close_ups += 1
        near = [left for left in self.places if abs(left - before.box_px.left) < SIDE / 2]
        return face(near[0]) if near else None

    def describe(self, image, detections, wanted):
        self.described += len(detections)
        return [FaceDetails(d, {}, Pose(0, 0, 0), Quality(50, 50)) for d in detections]

    def embed(self, image, detections):
        self.embedded += len(detections)
        box = detections[0].box_px
        top, left = int(box.top), int(box.left)
        crop = image.pixels[top : top + SIDE, left : left + SIDE].astype(np.float32)
        crop = (crop - crop.mean()).ravel()
        return np.stack([crop / np.linalg.norm(crop)]), np.ones(1, np.float32)


class Lookalikes(Vision):
    """Whoever is dark is somebody else than who is bright, though a glance cannot tell."""

    def embed(self, image, detections):
        dark = image.pixels.max() < 128
        return np.float32([[dark, not dark]]), np.ones(1, np.float32)


class Confused(Vision):
    """From its second look on it takes an eye for the nose."""

    def detect(self, image):
        points = [0, 1, 2, 3, 4] if not self.detected else [2, 1, 0, 3, 4]
        return [
            FaceDetection(one.box_px, one.confidence, one.landmarks_px[points])
            for one in super().detect(image)
        ]


def darkened(image, left=0, width=None):
    """Some of its columns with a third of their light, under noise: alike at 0.92."""
    pixels = image.pixels.copy()
    part = pixels[:, left : left + (width or image.width_px)]
    noise = np.random.default_rng(9).integers(0, 255, part.shape)
    part[:] = 0.35 * part + 0.15 * noise
    return Image(pixels, b"")


@pytest.fixture
def vision():
    return Vision()


@pytest.fixture
def tracker(vision):
    return FaceTracker(vision, vision)


def look(tracker, vision, at_ms, *people):
    vision.places = [left for _, left in people]
    tracker.look(at_ms, frame(*people))


def times(tracker):
    return [[at for at, _ in track.seen] for track in tracker.tracks]


def test_a_face_that_moves_is_one_track_and_not_recognised_meanwhile(tracker, vision):
    for step in range(4):
        look(tracker, vision, 200 * step, (1, 40 + 20 * step))
    assert times(tracker) == [[0, 200, 400, 600]]
    assert vision.embedded == 0
    assert vision.described == 1  # it looked the same each time
    lefts = [details.detection.box_px.left for _, details in tracker.tracks[0].seen]
    assert lefts == pytest.approx([40, 60, 80, 100], abs=0.1)


def test_after_a_cut_somebody_else_in_the_same_place_is_another(tracker, vision):
    look(tracker, vision, 0, (1, 40))
    look(tracker, vision, 200, (2, 40))
    assert times(tracker) == [[0], [200]]
    assert vision.embedded == 2


@pytest.mark.parametrize("tile", [{}, {"left": 20, "width": 100}], ids=["cut", "tile"])
def test_where_the_picture_was_cut_two_who_are_alike_are_recognised(tile):
    vision = Lookalikes([40])
    tracker = FaceTracker(vision, vision)
    tracker.look(0, frame((1, 40)))
    tracker.look(400, darkened(frame((1, 40)), **tile))
    assert times(tracker) == [[0], [400]]


def test_who_was_out_of_sight_is_recognised():
    vision = Lookalikes([40])
    tracker = FaceTracker(vision, vision)
    tracker.look(0, frame((1, 40)))
    vision.places = []
    tracker.look(200, darkened(frame((1, 40))))
    vision.places = [40]
    tracker.look(600, darkened(frame((1, 40), (2, 300))))
    assert times(tracker) == [[0], [600]]


def test_a_face_that_is_aligned_otherwise_is_told_by_its_pixels():
    vision = Confused()
    tracker = FaceTracker(vision, vision)
    look(tracker, vision, 0, (1, 40))
    look(tracker, vision, 400, (1, 45))
    assert times(tracker) == [[0, 400]]
    assert vision.embedded == 0


def test_after_a_cut_the_same_person_is_recognised_and_goes_on(tracker, vision):
    look(tracker, vision, 0, (1, 40))
    tracker.look(200, darkened(frame((1, 40))))
    assert times(tracker) == [[0, 200]]
    assert vision.embedded == 2


def test_in_a_picture_of_another_size_nobody_stays_where_they_were(tracker, vision):
    for at_ms, place, times_px in ((0, 40, 4), (200, 200, 8)):
        vision.places = [place]
        pixels = frame((1, 40)).pixels.repeat(times_px, axis=0).repeat(times_px, axis=1)
        tracker.look(at_ms, Image(pixels, b""))
    assert times(tracker) == [[0], [200]]


def test_two_people_keep_apart(tracker, vision):
    for step in range(3):
        look(tracker, vision, 200 * step, (1, 40 + 15 * step), (2, 200 - 15 * step))
    assert times(tracker) == [[0, 200, 400]] * 2


def test_where_nothing_changed_nothing_is_looked_for(tracker, vision):
    for step in range(3):
        look(tracker, vision, 200 * step, (1, 40))
    assert times(tracker) == [[0, 200, 400]]
    assert vision.detected == 1


def test_between_searches_a_face_is_followed_by_its_pixels(tracker, vision):
    for step in range(4):
        look(tracker, vision, 200 * step, (1, 40 + 10 * step))
    assert times(tracker) == [[0, 200, 400, 600]]
    assert (vision.detected, vision.close_ups) == (2, 0)


def test_a_face_that_looks_different_is_looked_at_closely(tracker, vision):
    look(tracker, vision, 0, (1, 40))
    look(tracker, vision, 200, (2, 44))
    assert (vision.detected, vision.close_ups) == (1, 1)
    assert times(tracker) == [[0], [200]]


def test_whoever_comes_is_found_at_the_next_search(tracker, vision):
    look(tracker, vision, 0, (1, 40))
    look(tracker, vision, 200, (1, 40), (2, 300))
    look(tracker, vision, 400, (1, 40), (2, 300))
    assert times(tracker) == [[0, 200, 400], [400]]


def test_a_sure_face_that_is_lost_is_searched_for_at_once(tracker, vision):
    look(tracker, vision, 0, (1, 40))
    look(tracker, vision, 200, (1, 240))
    assert vision.detected == 2


def test_another_scene_is_searched_at_once(tracker, vision):
    look(tracker, vision, 0)
    vision.places = [40]
    tracker.look(200, Image(frame((1, 40)).pixels // 3, b""))
    assert times(tracker) == [[200]]


def test_views_that_are_alike_are_one(tracker, vision):
    for step in range(3):
        look(tracker, vision, 400 * step, (1, 40 + 20 * step))
    assert [len(track.views) for track in tracker.tracks] == [1]


def test_nobody_stays_nobody_and_who_left_is_gone(tracker, vision):
    look(tracker, vision, 0, (1, 40))
    look(tracker, vision, 200)
    look(tracker, vision, 400)
    assert times(tracker) == [[0]]


def test_a_track_goes_on_after_a_short_absence_only(tracker, vision):
    look(tracker, vision, 0, (1, 40))
    look(tracker, vision, 200)
    look(tracker, vision, GAP_MS, (1, 44))
    look(tracker, vision, GAP_MS + 200)
    look(tracker, vision, 3 * GAP_MS, (1, 44))
    assert times(tracker) == [[0, GAP_MS], [3 * GAP_MS]]


def test_moved_is_in_sizes_of_the_larger_box():
    assert moved(Box(0, 0, 10, 10), Box(10, 0, 10, 10)) == 1
    assert moved(Box(0, 0, 10, 10), Box(0, 0, 30, 30)) == float("inf")
    assert moved(Box(0, 0, 0, 0), Box(0, 0, 10, 10)) == float("inf")
