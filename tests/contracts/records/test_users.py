import numpy as np
import pytest

from beholden.domain.errors import ConflictingState, ResourceNotFound
from beholden.domain.request_token import Answer, RequestToken
from beholden.domain.user_template import user_template
from beholden.testing.faces import a_face, a_vector


@pytest.fixture
def ann(records, staff):
    return records.users.create(staff, "ann", None)


def enrolled(records, staff, *seeds, **attributes):
    return records.faces.add(staff, [a_face(seed, **attributes) for seed in seeds], 100)


def associate(records, user, *faces):
    now = records.collections.get("staff")
    return records.users.associate(now, user, [face.no for face in faces], None)


def answer(token="t", digest=b"d" * 32, **response):
    return Answer(RequestToken("ann/CreateUser", token, digest), response)


def test_a_new_user_has_no_faces_and_no_template(records, staff, ann):
    assert (ann.user_id, ann.status, ann.face_count) == ("ann", "CREATED", 0)
    assert records.users.get(staff, "ann") == ann
    assert records.users.embedding(staff, ann) is None
    assert records.collections.get("staff").user_count == 1


def test_an_id_is_taken_once(records, staff, ann):
    with pytest.raises(ConflictingState):
        records.users.create(staff, "ann", None)
    assert records.users.list(staff, 0, 10) == [ann]


def test_an_unknown_user_is_told(records, staff, ann):
    records.users.delete(staff, "ann", None)
    now = records.collections.get("staff")
    for ask in (
        lambda: records.users.get(staff, "ann"),
        lambda: records.users.delete(staff, "ann", None),
        lambda: records.users.associate(now, ann, [], None),
        lambda: records.users.disassociate(now, ann, [], None),
    ):
        with pytest.raises(ResourceNotFound, match="The user id: ann does not exist"):
            ask()


def test_pages_follow_the_number(records, staff):
    users = [records.users.create(staff, f"u{i}", None) for i in range(5)]
    assert records.users.list(staff, 0, 2) == users[:2]
    assert records.users.list(staff, users[1].no, 2) == users[2:4]
    assert records.users.by_no(staff, [users[3].no, 999]) == {users[3].no: users[3]}


def test_associated_faces_make_the_template(records, staff, ann):
    one = enrolled(records, staff, 1, quality=0.9)
    two = enrolled(records, staff, 2, quality=0.1)
    user = associate(records, ann, *one, *two)
    assert (user.status, user.face_count) == ("ACTIVE", 2)
    assert records.faces.by_no(staff, [one[0].no])[one[0].no].user_id == "ann"
    expected = user_template(
        np.stack([a_vector(1), a_vector(2)]), np.array([0.9, 0.1], np.float32)
    ).astype(np.float32)
    embedding = records.users.embedding(staff, ann)
    np.testing.assert_array_equal(embedding, expected)
    assert embedding @ a_vector(1) > embedding @ a_vector(2)


def test_more_faces_renew_the_template(records, staff, ann):
    faces = enrolled(records, staff, 1, 2)
    associate(records, ann, faces[0])
    before = records.users.embedding(staff, ann)
    np.testing.assert_allclose(before, a_vector(1), atol=2e-3)
    associate(records, ann, faces[1])
    assert not np.array_equal(records.users.embedding(staff, ann), before)


def test_disassociated_faces_leave_the_template(records, staff, ann):
    faces = enrolled(records, staff, 1, 2)
    associate(records, ann, *faces)
    now = records.collections.get("staff")
    user = records.users.disassociate(now, ann, [faces[0].no], None)
    assert (user.status, user.face_count) == ("ACTIVE", 1)
    np.testing.assert_allclose(records.users.embedding(staff, ann), a_vector(2), atol=2e-3)
    now = records.collections.get("staff")
    user = records.users.disassociate(now, ann, [faces[1].no], None)
    assert (user.status, user.face_count) == ("CREATED", 0)
    assert records.users.embedding(staff, ann) is None


def test_deleted_faces_leave_the_template(records, staff, ann):
    faces = enrolled(records, staff, 1, 2)
    associate(records, ann, *faces)
    records.faces.delete(staff, [faces[0].face_id])
    assert records.users.get(staff, "ann").face_count == 1
    np.testing.assert_allclose(records.users.embedding(staff, ann), a_vector(2), atol=2e-3)


def test_a_deleted_users_faces_stay(records, staff, ann):
    faces = enrolled(records, staff, 1, 2)
    associate(records, ann, *faces)
    records.users.delete(staff, "ann", None)
    assert [face.user_id for face in records.faces.list(staff, 0, 10)] == [None, None]
    assert records.collections.get("staff").user_count == 0
    again = records.users.create(staff, "ann", None)
    assert (again.face_count, again.no != ann.no) == (0, True)
    assert records.users.embedding(staff, again) is None


def test_what_was_checked_must_still_hold(records, staff, ann):
    (face,) = enrolled(records, staff, 1)
    seen = records.collections.get("staff")
    enrolled(records, staff, 2)
    with pytest.raises(ConflictingState):
        records.users.associate(seen, ann, [face.no], None)
    assert records.users.get(staff, "ann").face_count == 0


def test_a_face_has_one_user(records, staff, ann):
    (face,) = enrolled(records, staff, 1)
    bob = records.users.create(staff, "bob", None)
    associate(records, ann, face)
    now = records.collections.get("staff")
    with pytest.raises(ConflictingState):
        records.users.associate(now, bob, [face.no], None)
    with pytest.raises(ConflictingState):
        records.users.disassociate(now, bob, [face.no], None)
    assert records.users.get(staff, "ann").face_count == 1


def test_no_faces_is_no_change(records, staff, ann):
    before = records.collections.get("staff")
    assert records.users.associate(before, ann, [], answer(UserStatus="CREATED")) == ann
    assert records.collections.get("staff") == before
    assert records.answers.find(answer().token) == {"UserStatus": "CREATED"}


class TestAnswers:
    def test_an_answer_is_kept_with_what_it_tells(self, records, staff):
        assert records.answers.find(answer().token) is None
        records.users.create(staff, "ann", answer(UserStatus="CREATED", n=[1, None]))
        assert records.answers.find(answer().token) == {"UserStatus": "CREATED", "n": [1, None]}

    def test_a_failed_change_keeps_no_answer(self, records, staff, ann):
        with pytest.raises(ConflictingState):
            records.users.create(staff, "ann", answer())
        assert records.answers.find(answer().token) is None

    def test_the_loser_of_a_race_for_a_token_changes_nothing(self, records, staff):
        records.users.create(staff, "ann", answer())
        with pytest.raises(ConflictingState):
            records.users.create(staff, "bob", answer())
        assert [user.user_id for user in records.users.list(staff, 0, 10)] == ["ann"]
        assert records.collections.get("staff").user_count == 1

    def test_deletion_keeps_an_answer(self, records, staff, ann):
        records.users.delete(staff, "ann", answer())
        assert records.answers.find(answer().token) == {}
