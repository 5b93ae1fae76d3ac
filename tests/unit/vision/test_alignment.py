import numpy as np
import pytest

from beholden.vision.alignment import CANONICAL_PX, align, similarity_transforms


def turned(points, scale, angle, shift):
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (scale * points @ rotation.T + shift).astype(np.float32)


@pytest.mark.parametrize("scale", [0.3, 1.0, 9.0])
@pytest.mark.parametrize("angle", [-2.5, 0.0, 0.4])
def test_a_similarity_is_undone_exactly(scale, angle):
    face = turned(CANONICAL_PX, scale, angle, (40, -7))
    (transform,) = similarity_transforms(face[None])
    assert np.abs(face @ transform[:, :2].T + transform[:, 2] - CANONICAL_PX).max() < 1e-3


def test_a_mirrored_face_is_not_mirrored_back():
    (transform,) = similarity_transforms((CANONICAL_PX * (-1, 1)).astype(np.float32)[None])
    assert np.linalg.det(transform[:, :2]) >= 0


def test_no_transform_lies_nearer():
    rng = np.random.default_rng(0)
    face = (CANONICAL_PX + rng.normal(0, 4, (5, 2))).astype(np.float32)

    def error(transform):
        return ((face @ transform[:, :2].T + transform[:, 2] - CANONICAL_PX) ** 2).sum()

    (best,) = similarity_transforms(face[None]).astype(np.float64)
    for _ in range(200):
        a, b = best[0, 0] + rng.normal(0, 0.02), best[1, 0] + rng.normal(0, 0.02)
        shift = best[:, 2] + rng.normal(0, 0.5, 2)
        assert error(np.array([[a, -b, shift[0]], [b, a, shift[1]]])) >= error(best) - 1e-6


def test_crops_show_the_face_at_its_canonical_place():
    pixels = np.zeros((900, 900, 3), np.uint8)
    face = turned(CANONICAL_PX, 5.0, 0.3, (250, 150))
    for x, y in face.astype(int):
        pixels[y - 12 : y + 13, x - 12 : x + 13] = 255
    (crop,) = align(pixels, face[None])
    assert crop.shape == (112, 112, 3)
    for x, y in CANONICAL_PX.round().astype(int):
        assert crop[y, x].min() > 200
    assert crop.mean() < 40


def test_a_large_face_is_averaged_not_sampled():
    fine = np.indices((1600, 1600)).sum(axis=0) % 2 * 255
    pixels = np.repeat(fine[..., None], 3, axis=2).astype(np.uint8)
    (crop,) = align(pixels, turned(CANONICAL_PX, 10.0, 0.1, (200, 200))[None])
    assert np.abs(crop[30:80, 30:80].astype(int) - 127).max() < 40


def test_no_faces_no_crops_and_one_point_is_no_error():
    pixels = np.zeros((50, 50, 3), np.uint8)
    assert align(pixels, np.empty((0, 5, 2), np.float32)).shape == (0, 112, 112, 3)
    assert align(pixels, np.full((1, 5, 2), 20, np.float32)).shape == (1, 112, 112, 3)
