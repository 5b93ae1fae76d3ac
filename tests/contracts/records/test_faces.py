import numpy as np
import pytest

from beholden.domain.errors import InvalidParameter, QuotaExceeded, ResourceNotFound
from beholden.testing.faces import MODEL_VERSION, a_face, a_vector


def test_a_face_comes_back_as_it_was_enrolled(records, staff):
    details = {"pose": {"yaw_deg": -12.5}, "landmarks": [[1.5, 2.0]], "smile": None}
    new = a_face(1, external_image_id="badge:7", details=details)
    (face,) = records.faces.add(staff, [new], 10)
    assert (face.face_id, face.image_id) == (new.face_id, new.image_id)
    assert (face.external_image_id, face.box_ratio) == ("badge:7", new.box_ratio)
    assert (face.confidence, face.model_version) == (0.75, MODEL_VERSION)
    assert face.user_id is None
    assert face.details == details
    assert records.faces.list(staff, 0, 10) == [face]
    assert records.faces.by_no(staff, [face.no]) == {face.no: face}
    assert records.faces.by_id(staff, [face.face_id]) == {face.face_id: face}


def test_rows_come_in_the_order_of_the_call(records, staff):
    new = [a_face(seed) for seed in (3, 1, 2)]
    faces = records.faces.add(staff, new, 10)
    assert [face.face_id for face in faces] == [face.face_id for face in new]
    assert [face.no for face in faces] == sorted(face.no for face in faces)
    assert records.collections.get("staff").face_count == 3


def test_the_same_face_is_not_enrolled_twice(records, staff):
    (first,) = records.faces.add(staff, [a_face(1)], 10)
    again, other, same = records.faces.add(staff, [a_face(1), a_face(2), a_face(1)], 2)
    assert again == same == first
    assert other.face_id != first.face_id
    assert records.collections.get("staff").face_count == 2


def test_twice_in_one_call_is_once(records, staff):
    new = [a_face(1), a_face(2), a_face(1)]
    first, other, second = records.faces.add(staff, new, 10)
    assert first == second
    assert (first.face_id, other.face_id) == (new[0].face_id, new[1].face_id)
    assert first.no < other.no
    assert records.collections.get("staff").face_count == 2


def test_another_box_external_id_or_collection_is_another_face(records, staff):
    guests = records.collections.create("guests", "arn:guests", MODEL_VERSION, {})
    records.faces.add(staff, [a_face(1)], 10)
    records.faces.add(staff, [a_face(1, left=0.5)], 10)
    records.faces.add(staff, [a_face(1, external_image_id="x")], 10)
    records.faces.add(guests, [a_face(1)], 10)
    assert records.collections.get("staff").face_count == 3
    assert records.collections.get("guests").face_count == 1


def test_a_deleted_face_can_be_enrolled_again(records, staff):
    (first,) = records.faces.add(staff, [a_face(1)], 10)
    records.faces.delete(staff, [first.face_id])
    (again,) = records.faces.add(staff, [a_face(1)], 10)
    assert again.no > first.no
    assert records.faces.list(staff, 0, 10) == [again]


def test_the_quota_refuses_the_whole_call(records, staff):
    records.faces.add(staff, [a_face(1)], 2)
    with pytest.raises(QuotaExceeded):
        records.faces.add(staff, [a_face(2), a_face(3)], 2)
    assert len(records.faces.list(staff, 0, 10)) == 1


def test_another_models_templates_are_refused(records, staff):
    with pytest.raises(InvalidParameter):
        records.faces.add(staff, [a_face(1), a_face(2, model_version="other")], 10)
    assert records.faces.list(staff, 0, 10) == []


def test_pages_follow_the_number(records, staff):
    faces = records.faces.add(staff, [a_face(seed) for seed in range(5)], 10)
    assert records.faces.list(staff, 0, 2) == faces[:2]
    assert records.faces.list(staff, faces[1].no, 2) == faces[2:4]
    assert records.faces.list(staff, faces[4].no, 2) == []


def test_a_page_of_some_ids_or_of_one_user(records, staff):
    faces = records.faces.add(staff, [a_face(seed) for seed in range(4)], 10)
    ids = [faces[2].face_id, faces[0].face_id, "unknown"]
    assert records.faces.list(staff, 0, 10, face_ids=ids) == [faces[0], faces[2]]
    assert records.faces.list(staff, 0, 10, face_ids=[]) == []
    user = records.users.create(staff, "ann", None)
    now = records.collections.get("staff")
    records.users.associate(now, user, [faces[1].no], None)
    assert [f.no for f in records.faces.list(staff, 0, 10, user_id="ann")] == [faces[1].no]
    assert records.faces.list(staff, 0, 10, user_id="bob") == []


def test_what_does_not_exist_is_left_out(records, staff):
    (face,) = records.faces.add(staff, [a_face(1)], 10)
    assert records.faces.by_no(staff, [face.no, 999]) == {face.no: face}
    assert records.faces.by_id(staff, ["x"]) == {}
    assert records.faces.by_no(staff, []) == {}


def test_delete_tells_what_it_deleted(records, staff):
    faces = records.faces.add(staff, [a_face(seed) for seed in range(3)], 10)
    gone = records.faces.delete(staff, [faces[0].face_id, "unknown", faces[2].face_id])
    assert sorted(gone) == sorted([faces[0].face_id, faces[2].face_id])
    assert records.faces.list(staff, 0, 10) == [faces[1]]
    assert records.collections.get("staff").face_count == 1
    assert records.faces.delete(staff, gone) == []


def test_embeddings_come_in_the_order_asked_for(records, staff):
    one, two = records.faces.add(staff, [a_face(1), a_face(2)], 10)
    embeddings = records.faces.embeddings(staff, [two.no, one.no, two.no])
    assert embeddings.dtype == np.float32
    np.testing.assert_array_equal(embeddings, np.stack([a_vector(2), a_vector(1), a_vector(2)]))
    assert records.faces.embeddings(staff, []).shape[0] == 0


def test_embeddings_of_a_missing_face_are_an_error(records, staff):
    one, two = records.faces.add(staff, [a_face(1), a_face(2)], 10)
    records.faces.delete(staff, [two.face_id])
    with pytest.raises(ResourceNotFound):
        records.faces.embeddings(staff, [one.no, two.no])
