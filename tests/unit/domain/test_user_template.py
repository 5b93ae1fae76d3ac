import numpy as np
import pytest

from beholden.domain.user_template import user_template
from beholden.testing.faces import a_vector


def mix(*qualities, vectors):
    return user_template(np.array(vectors, np.float16), np.array(qualities, np.float32))


def test_one_face_is_its_own_template():
    np.testing.assert_allclose(mix(0.3, vectors=[a_vector(1)]), a_vector(1), atol=1e-3)


def test_the_mean_has_unit_norm():
    template = mix(0.9, 0.4, 0.7, vectors=[a_vector(1), a_vector(2), a_vector(3)])
    assert template.dtype == np.float16
    assert np.linalg.norm(template.astype(np.float32)) == pytest.approx(1, abs=2e-3)


def test_quality_is_the_weight():
    np.testing.assert_allclose(mix(0.75, 0.25, vectors=[[1, 0], [0, 1]]), [0.9487, 0.3162], 1e-3)


def test_without_quality_all_faces_count_alike():
    np.testing.assert_allclose(mix(0, 0, vectors=[[1, 0], [0, 1]]), [0.7071, 0.7071], 1e-3)


def test_faces_that_cancel_out_leave_the_best_of_them():
    np.testing.assert_array_equal(mix(0.5, 0.5, vectors=[[1, 0], [-1, 0]]), [1, 0])
