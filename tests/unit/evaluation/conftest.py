"""A deployment's parts with faces that tests draw, so that no model is needed."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from beholden.analysis.calibration import Calibration
from beholden.analysis.evaluator import Evaluator
from beholden.analysis.image import ImageDecoder
from beholden.domain.face import FaceAttributes, FaceDetails, FaceDetection, Pose, Quality, Told
from beholden.domain.geometry import Box
from beholden.domain.labels import Instance, Label, LabelName
from beholden.domain.text import TextLine, TextWord


@dataclass
class ColourAnalysis:
    """A face is a square that is not black; who it is, is its colour."""

    looked: int = 0

    def detect(self, image):
        self.looked += 1
        lit = np.argwhere(image.pixels.max(axis=2) > 40)
        if not len(lit):
            return []
        (top, left), (bottom, right) = lit.min(axis=0), lit.max(axis=0)
        box = Box(float(left), float(top), float(right - left), float(bottom - top))
        return [FaceDetection(box, 0.9, np.zeros((5, 2), np.float32))]

    def embed(self, image, detections):
        box = detections[0].box_px
        inside = image.pixels[int(box.top) + 8 : int(box.bottom) - 8, int(box.left) + 8 :]
        colour = inside[:, : int(box.width) - 16].reshape(-1, 3).mean(axis=0) - 60
        return (colour / np.linalg.norm(colour))[None].astype(np.float32), np.ones(1, np.float32)


class ColourDescriber:
    def describe(self, image, detections, wanted):
        red = image.pixels[..., 0].max() > 128
        attributes = FaceAttributes(age_years=(20, 40), smile=Told(bool(red), 0.9))
        return [FaceDetails(d, {}, Pose(0, 0, 0), Quality(50, 50), attributes) for d in detections]


class DrawnLabels:
    """The lit square is a dog, surer the redder it is; the picture shows one as surely."""

    def __call__(self, image):
        (face,) = ColourAnalysis().detect(image) or (None,)
        if face is None:
            return []
        sure = float(image.pixels[..., 0].max()) / 255
        return [Label(LabelName("Dog"), sure, (Instance(face.box_px, sure),))]


class DrawnText:
    """Whatever is lit reads EXIT."""

    def read(self, image, wanted):
        return [
            TextLine((TextWord("EXIT", face.confidence, _corners(face.box_px)),))
            for face in ColourAnalysis().detect(image)
        ]


def _corners(box):
    rows = [(0, 0), (1, 0), (1, 1), (0, 1)]
    return np.array([(box.left + x * box.width, box.top + y * box.height) for x, y in rows])


@pytest.fixture
def evaluator():
    calibration = Calibration([-1, 0, 0.5, 1], [0, 1, 80, 100])
    analyses = ColourAnalysis(), ColourDescriber(), DrawnLabels(), DrawnText()
    return Evaluator(ImageDecoder(), *analyses, calibration, "1.0")


@pytest.fixture
def draw(tmp_path):
    """draw(name, colour): a picture with one face of that colour; without colour, with none."""

    def picture(name, colour=(0, 0, 0)):
        pixels = np.zeros((120, 120, 3), np.uint8)
        shade = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 12
        pixels[30:90, 30:90] = np.clip(np.array(colour) - (shade if any(colour) else 0), 0, 255)
        path = tmp_path / name
        Image.fromarray(pixels).save(path, "PNG")
        return path

    return picture
