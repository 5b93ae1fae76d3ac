"""People of a public clip, who step in front of each other, keep their tracks."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from beholden.analysis.people import PersonTracker, overlapping
from beholden.analysis.video import observe
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.geometry import Box
from beholden.domain.video import VideoSegment
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.video.persons import PERSONS_PER_SECOND, people

CLIP = "intel_store_aisle_detection.mp4"
TRUTH = Path(__file__).parents[2] / "benchmarks" / "tracking_truth.json"
WHOLE = VideoSegment(0, 0, 10**9, None, 0)


class Followed:
    per_second = PERSONS_PER_SECOND

    def __init__(self, labels):
        self._labels = labels
        self.tracker = PersonTracker()
        self.looks = {}

    def see(self, frame):
        image = frame.image()
        pairs = self.tracker.look(frame.timestamp_ms, image, people(self._labels, image))
        self.looks[frame.no] = [(one.box_px, self.tracker.tracks.index(t)) for t, one in pairs]


@pytest.fixture(scope="module")
def followed(shared_data, models_dir):
    made = Followed(Models(Settings()).labels())
    observe(PyAvFrames().read(shared_data / "videos" / CLIP, WHOLE), None, [made])
    return made


def test_each_has_one_track_of_their_own(followed):
    tracks = defaultdict(set)
    for name, keys in json.loads(TRUTH.read_text())[CLIP].items():
        for frame_no, left, top, right, bottom in keys:
            box = Box(left, top, right - left, bottom - top)
            for other, track in followed.looks.get(frame_no, ()):
                if overlapping(box, other) >= 0.4:
                    tracks[name].add(track)
    assert set(tracks) == {"man", "teal", "brown"}
    assert all(len(own) == 1 for own in tracks.values())
    assert len(set.union(*tracks.values())) == 3
