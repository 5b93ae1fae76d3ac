import numpy as np

from beholden.testing.inference import FakeNetwork
from beholden.vision.embedders import FaceEmbedder, quality_weight


def channel_means(planes):
    """Three numbers in place of 128: the mean of red, green and blue."""
    assert planes.dtype == np.float32
    assert planes.flags.c_contiguous
    return [planes.mean(axis=(2, 3)) / 10]


def test_embeddings_are_unit_vectors_of_rgb_crops():
    crops = np.zeros((3, 112, 112, 3), np.uint8)
    crops[0, ..., 0], crops[1, ..., 2], crops[2] = 100, 100, 50
    embeddings, weights = FaceEmbedder(FakeNetwork(channel_means))(crops)
    assert np.allclose(embeddings[:2], [[1, 0, 0], [0, 0, 1]])
    assert np.allclose(np.linalg.norm(embeddings, axis=1), 1)
    assert embeddings.dtype == weights.dtype == np.float32
    assert weights[0] > weights[2]


def test_a_black_crop_is_no_division_by_zero():
    embeddings, weights = FaceEmbedder(FakeNetwork(channel_means))(
        np.zeros((1, 112, 112, 3), np.uint8)
    )
    assert np.isfinite(embeddings).all()
    assert weights[0] == 0


def test_weights_rise_with_the_norm_from_0_to_1():
    weights = quality_weight(np.array([0, 4, 6, 9, 12, 20], np.float32))
    assert (np.diff(weights) >= 0).all()
    assert (weights[0], weights[-1]) == (0, 1)
    assert weights[2] == 0.25
