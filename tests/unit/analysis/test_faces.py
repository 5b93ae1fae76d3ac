import numpy as np
import pytest
from PIL import Image as Pillow

from beholden.analysis.faces import MAX_FACES, FaceAnalysis
from beholden.analysis.image import ImageDecoder
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.testing.inference import FakeNetwork
from beholden.vision.embedders import FaceEmbedder
from beholden.vision.landmarks import FaceMesh
from benchmarks.lfw import Vision

pytestmark = pytest.mark.slow

IMAGE = Image(np.zeros((100, 100, 3), np.uint8), b"")


def analysis(faces):
    embedder = FaceEmbedder(FakeNetwork(lambda planes: [np.ones((len(planes), 4), np.float32)]))
    nobody = [np.zeros((1, 1, 1, 1404), np.float32), np.full((1, 1, 1, 1), -9, np.float32)]
    mesh = FaceMesh(FakeNetwork(lambda _: nobody))
    return FaceAnalysis(lambda _: faces, mesh, embedder, lambda _, face: face)


def faces(count):
    points = np.zeros((5, 2), np.float32)
    return [FaceDetection(Box(0, 0, n + 1, n + 1), 0.9, points) for n in range(count)]


def test_the_largest_faces_come_first_and_no_more_than_a_hundred():
    found = analysis(faces(130)).detect(IMAGE)
    assert [face.box_px.width for face in found] == list(range(130, 30, -1))
    assert len(found) == MAX_FACES


def test_one_embedding_and_one_weight_for_each_detection():
    embeddings, weights = analysis([]).embed(IMAGE, faces(3))
    assert embeddings.shape == (3, 4)
    assert weights.shape == (3,)


@pytest.fixture(scope="module")
def vision(models_dir):
    return Vision.open()


def test_a_portrait_is_found_and_is_itself_at_half_the_size(vision, portrait_jpeg):
    image = ImageDecoder().decode(portrait_jpeg, max_bytes=2**20)
    small = Image(np.ascontiguousarray(image.pixels[::2, ::2]), b"")
    (face,) = vision.analysis.detect(image)
    assert 160 < face.box_px.centre.x < 290
    assert 60 < face.box_px.centre.y < 180
    (smaller,) = vision.analysis.detect(small)
    (one,), (weight,) = vision.analysis.embed(image, [face])
    (two,), _ = vision.analysis.embed(small, [smaller])
    assert one @ two > 0.85
    assert weight > 0.6


def test_no_detections_no_embeddings(vision, portrait_jpeg):
    image = ImageDecoder().decode(portrait_jpeg, max_bytes=2**20)
    embeddings, weights = vision.analysis.embed(image, [])
    assert embeddings.shape == (0, 128)
    assert weights.shape == (0,)


def test_a_tilted_face_keeps_its_embedding(vision, portrait_jpeg):
    image = ImageDecoder().decode(portrait_jpeg, max_bytes=2**20)
    turned = Pillow.fromarray(image.pixels).rotate(30, resample=Pillow.Resampling.BICUBIC)
    tilted = Image(np.asarray(turned), b"")
    (one,), _ = vision.analysis.embed(image, vision.analysis.detect(image)[:1])
    (two,), _ = vision.analysis.embed(tilted, vision.analysis.detect(tilted)[:1])
    assert one @ two > 0.85
