"""One segment of person tracking, with detectors that are told what to find."""

from dataclasses import dataclass, field

import numpy as np

from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance
from beholden.operations.video.persons import LABEL, TrackedPersons


@dataclass
class Picture:
    """Implements ports.frames.Frame: grey, but for one patch."""

    timestamp_ms: int
    level: int
    no: int = 0

    def image(self, max_side_px=1920):
        pixels = np.full((180, 320, 3), 100, np.uint8)
        pixels[40:160, 100:140] = self.level
        return Image(pixels, b"")


@dataclass
class Tools:
    """VideoTools that see one person, whose face is turned away."""

    looked: list[int] = field(default_factory=list)

    @property
    def labels(self):
        return self

    faces = describer = labels

    def objects(self, image):
        self.looked.append(int(image.pixels[100, 120, 0]))
        return {LABEL: (Instance(Box(100, 40, 40, 120), 0.9),)}

    def detect(self, image):
        return []

    def describe(self, image, detections, wanted):
        return []


def test_people_stay_where_they_are_while_nothing_changes():
    tools = Tools()
    observer = TrackedPersons(tools)
    for at_ms, level in ((0, 200), (200, 201), (400, 203), (600, 205)):
        observer.see(Picture(at_ms, level))
    assert tools.looked == [200, 205]
    (track,) = observer.part()["tracks"]
    assert [at_ms for at_ms, _ in track["seen"]] == [0, 200, 400, 600]
