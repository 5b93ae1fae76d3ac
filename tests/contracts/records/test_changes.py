import numpy as np
import pytest

from beholden.domain.gallery import GalleryRef, Subject
from beholden.testing.faces import a_face, a_vector


def followed(records, ref, seq=0, held=None):
    """What a gallery holds that follows the feed, and where it got to."""
    held = dict(held or {})
    more = True
    while more:
        changes = records.changes.changes(ref, seq)
        assert changes.put_nos.dtype == changes.dropped_nos.dtype == np.int64
        assert changes.put_vectors.dtype == np.float16
        assert len(changes.put_nos) == len(changes.put_vectors)
        assert not set(changes.put_nos) & set(changes.dropped_nos)
        held.update(zip(changes.put_nos.tolist(), changes.put_vectors, strict=True))
        for no in changes.dropped_nos.tolist():
            held.pop(no, None)
        assert changes.seq > seq or not changes.more
        seq, more = changes.seq, changes.more
    return held, seq


def assert_holds(held, faces, seeds):
    assert sorted(held) == [face.no for face in faces]
    for face, seed in zip(faces, seeds, strict=True):
        np.testing.assert_array_equal(held[face.no], a_vector(seed))


@pytest.fixture
def ref(staff):
    return GalleryRef(staff.no, Subject.FACE)


def test_an_unknown_collection_has_no_changes(records):
    changes = records.changes.changes(GalleryRef(999, Subject.FACE), 5)
    assert (len(changes.put_nos), len(changes.dropped_nos)) == (0, 0)
    assert (changes.seq, changes.more) == (5, False)


def test_a_follower_holds_what_records_hold(records, staff, ref):
    faces = records.faces.add(staff, [a_face(seed) for seed in range(40)], 100)
    held, seq = followed(records, ref)
    assert_holds(held, faces, range(40))
    assert seq == records.collections.get("staff").change_seq
    records.faces.delete(staff, [face.face_id for face in faces[:25]])
    more = records.faces.add(staff, [a_face(99)], 100)
    held, seq = followed(records, ref, seq, held)
    assert_holds(held, [*faces[25:], *more], [*range(25, 40), 99])
    assert followed(records, ref, seq) == ({}, seq)


def test_a_late_follower_gets_there_too(records, staff, ref):
    faces = records.faces.add(staff, [a_face(seed) for seed in range(40)], 100)
    records.faces.delete(staff, [face.face_id for face in faces[10:30]])
    held, _ = followed(records, ref)
    assert_holds(held, [*faces[:10], *faces[30:]], [*range(10), *range(30, 40)])


def test_users_are_followed_apart_from_faces(records, staff, ref):
    users = GalleryRef(staff.no, Subject.USER)
    faces = records.faces.add(staff, [a_face(1), a_face(2)], 100)
    ann = records.users.create(staff, "ann", None)
    assert followed(records, users)[0] == {}
    now = records.collections.get("staff")
    records.users.associate(now, ann, [face.no for face in faces], None)
    held, seq = followed(records, users)
    np.testing.assert_array_equal(held[ann.no], records.users.embedding(staff, ann))
    records.faces.delete(staff, [faces[0].face_id])
    held, seq = followed(records, users, seq, held)
    np.testing.assert_array_equal(held[ann.no], records.users.embedding(staff, ann))
    records.users.delete(staff, "ann", None)
    assert followed(records, users, seq, held)[0] == {}
    assert_holds(followed(records, ref)[0], faces[1:], [2])


def test_every_change_moves_the_sequence(records, staff):
    def seq():
        return records.collections.get("staff").change_seq

    seen = [seq()]
    (face,) = records.faces.add(staff, [a_face(1)], 100)
    seen.append(seq())
    ann = records.users.create(staff, "ann", None)
    seen.append(seq())
    records.users.associate(records.collections.get("staff"), ann, [face.no], None)
    seen.append(seq())
    records.users.disassociate(records.collections.get("staff"), ann, [face.no], None)
    seen.append(seq())
    records.users.delete(staff, "ann", None)
    seen.append(seq())
    records.faces.delete(staff, [face.face_id])
    seen.append(seq())
    assert seen == sorted(set(seen))


def test_what_changes_nothing_does_not_move_the_sequence(records, staff):
    records.faces.add(staff, [a_face(1)], 100)
    before = records.collections.get("staff")
    records.faces.add(staff, [a_face(1)], 100)
    records.faces.delete(staff, ["unknown"])
    assert records.collections.get("staff") == before


def test_a_follower_that_is_ahead_of_a_restored_backup_can_tell(records, staff, ref):
    records.faces.add(staff, [a_face(1)], 100)
    changes = records.changes.changes(ref, 50)
    assert (changes.seq, changes.more, len(changes.put_nos)) == (1, False, 0)
