from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Hold
from beholden.domain.gallery import GalleryRef, Subject
from beholden.testing.faces import MODEL_VERSION, a_face, a_vector

DAY = timedelta(days=1)


def enrol(records, collection, seeds, **terms):
    return records.faces.add(collection, [a_face(seed, **terms) for seed in seeds], 10**6)


def searched(records, collection, subject=Subject.FACE):
    """The numbers and vectors that a gallery built from nothing holds."""
    held, seq, more = {}, 0, True
    while more:
        changes = records.changes.changes(GalleryRef(collection.no, subject), seq)
        held.update(zip(changes.put_nos.tolist(), changes.put_vectors, strict=True))
        seq, more = changes.seq, changes.more
    return held


def test_what_was_enrolled_for_a_purpose_expires_with_it(records, staff, clock):
    early = enrol(records, staff, [1, 2], purpose="door")
    clock.advance(DAY)
    enrol(records, staff, [3], purpose="door")
    enrol(records, staff, [4], purpose="gym")
    guests = records.collections.create("guests", "arn:guests", MODEL_VERSION, {})
    clock.advance(DAY)
    enrol(records, guests, [1], purpose="door")
    now = clock.now()
    assert records.retention.expired("door", now - 3 * DAY, 10) == []
    (expired,) = records.retention.expired("door", now - 2 * DAY, 10)
    assert expired.collection.no == staff.no
    assert sorted(expired.face_ids) == sorted(face.face_id for face in early)
    assert [len(e.face_ids) for e in records.retention.expired("door", now - DAY, 10)] == [3]
    assert [len(e.face_ids) for e in records.retention.expired("door", now, 10)] == [3, 1]
    assert sum(len(e.face_ids) for e in records.retention.expired("door", now, 2)) == 2


def test_whom_a_purpose_enrolled_under_a_name(records, staff):
    def face_of(seed, name, purpose):
        new = replace(a_face(seed, purpose=purpose), external_image_id=name)
        return records.faces.add(staff, [new], 10**6)[0].face_id

    door, held = face_of(1, "ann", "door"), face_of(2, "ann", "door")
    face_of(3, "ann", "gym")
    face_of(4, "bob", "door")
    records.faces.hold(staff, [held], Hold.LEGAL)
    (found,) = records.retention.enrolled("ann", "door")
    assert (found.collection.no, list(found.face_ids)) == (staff.no, [door])
    assert records.retention.enrolled("cleo", "door") == []


def test_what_is_kept_is_told_by_collection_and_purpose(records, staff, clock):
    began = clock.now()
    held, _ = enrol(records, staff, [1, 2], purpose="door")
    records.faces.hold(staff, [held.face_id], Hold.KEPT)
    clock.advance(DAY)
    enrol(records, staff, [3], purpose="door")
    enrol(records, staff, [4], purpose="gym")
    door, gym = records.retention.kept()
    assert (door.collection_id, door.purpose, door.faces, door.held) == ("staff", "door", 3, 1)
    assert (door.first_at, door.last_at) == (began, clock.now())
    assert (gym.purpose, gym.faces, gym.held) == ("gym", 1, 0)


def test_a_held_face_is_kept_and_not_searched(records, staff):
    one, two = enrol(records, staff, [1, 2])
    user = records.users.create(staff, "ann", None)
    staff = records.collections.get("staff")
    records.users.associate(staff, user, [one.no, two.no], None)
    assert records.faces.hold(staff, [one.face_id, "unknown"], Hold.KEPT) == [one.face_id]
    assert searched(records, staff).keys() == {two.no}
    np.testing.assert_array_equal(searched(records, staff, Subject.USER)[user.no], a_vector(2))
    assert [face.hold for face in records.faces.list(staff, 0, 9)] == [Hold.KEPT, None]
    assert records.collections.get("staff").face_count == 2
    with pytest.raises(ResourceNotFound):
        records.faces.embeddings(staff, [one.no])
    records.faces.hold(staff, [two.face_id], Hold.KEPT)
    assert searched(records, staff, Subject.USER) == {}


def test_a_released_face_is_searched_again(records, staff):
    (face,) = enrol(records, staff, [1])
    records.faces.hold(staff, [face.face_id], Hold.LEGAL)
    records.faces.hold(staff, [face.face_id], Hold.KEPT)
    assert searched(records, staff) == {}
    records.faces.hold(staff, [face.face_id], None)
    records.faces.hold(staff, [face.face_id], None)
    np.testing.assert_array_equal(searched(records, staff)[face.no], a_vector(1))
    assert records.faces.by_id(staff, [face.face_id])[face.face_id].hold is None


def test_a_legal_hold_outlasts_term_and_deletion(records, staff, clock):
    legal, kept = enrol(records, staff, [1, 2], purpose="door")
    assert records.retention.legal_holds("staff") == 0
    records.faces.hold(staff, [legal.face_id], Hold.LEGAL)
    records.faces.hold(staff, [kept.face_id], Hold.KEPT)
    assert records.retention.legal_holds("staff") == 1
    (expired,) = records.retention.expired("door", clock.now(), 9)
    assert expired.face_ids == [kept.face_id]
    assert records.faces.delete(staff, [legal.face_id, kept.face_id]) == [kept.face_id]
    records.faces.hold(staff, [legal.face_id], None)
    assert records.faces.delete(staff, [legal.face_id]) == [legal.face_id]


def test_a_user_whose_last_face_goes_can_go_with_it(records, staff):
    one, two, three = enrol(records, staff, [1, 2, 3])
    ann, bob = (records.users.create(staff, name, None) for name in ("ann", "bob"))
    for user, nos in ((ann, [one.no]), (bob, [two.no, three.no])):
        staff = records.collections.get("staff")
        records.users.associate(staff, user, nos, None)
    records.faces.delete(staff, [one.face_id, two.face_id], with_users=True)
    assert [user.user_id for user in records.users.list(staff, 0, 9)] == ["bob"]
    assert records.collections.get("staff").user_count == 1
    assert searched(records, staff, Subject.USER).keys() == {bob.no}
    np.testing.assert_array_equal(searched(records, staff, Subject.USER)[bob.no], a_vector(3))
