"""Masks and headwear keep to what the model card says of them, on a few faces."""

import pytest

from beholden.analysis.equipment import head_of_face
from beholden.analysis.image import ImageDecoder
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.vision.calibration.equipment import read_equipment_calibration


@pytest.fixture(scope="module")
def models(models_dir):
    return Models(Settings(models_dir=models_dir))


def told(models, paths):
    """Of the largest face of each picture: how sure of a mask, and of headwear, 0..1."""
    equipment, calibration = models.equipment(), read_equipment_calibration()
    decoder, found = ImageDecoder(), []
    for path in paths:
        image = decoder.decode(path.read_bytes(), max_bytes=2**24)
        for face in equipment._faces.detect(image)[:1]:
            mask = equipment._networks.mask(image.pixels, face)
            head = equipment._networks.headwear(image.pixels, head_of_face(face).square)
            found.append(
                (calibration.mask.probability(mask), calibration.head_cover.probability(head))
            )
    return found


def test_faces_without_either_are_rarely_said_to_have_one(models, shared_data):
    found = told(models, sorted((shared_data / "lfw/images").glob("*/*_0001.jpg"))[:400:20])
    assert len(found) == 20
    masks, hats = (sum(sure >= 0.5 for sure in column) for column in zip(*found, strict=True))
    assert masks <= 1
    assert hats <= 4  # LFW's people wear hats, too


def test_masks_and_helmets_of_amazons_own_example_are_seen(models, shared_data):
    pictures = [shared_data / f"ppe/aws-ppe-image-{name}.jpg" for name in ("group", "single")]
    assert all(min(pair) >= 0.75 for pair in told(models, pictures))
