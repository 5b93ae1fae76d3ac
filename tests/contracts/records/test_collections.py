from datetime import timedelta

import pytest

from beholden.domain.errors import QuotaExceeded, ResourceAlreadyExists, ResourceNotFound
from beholden.domain.gallery import GalleryRef, Subject
from beholden.testing.faces import a_face


def test_a_new_collection_is_empty_and_found_by_its_id(records, clock):
    made = records.collections.create("staff", "arn:staff", "m1", {"team": "doors"})
    assert (made.collection_id, made.arn, made.model_version) == ("staff", "arn:staff", "m1")
    assert (made.face_count, made.user_count) == (0, 0)
    assert made.created_at == clock.now()
    assert records.collections.get("staff") == made
    assert records.tags.get("arn:staff") == {"team": "doors"}


def test_an_id_is_taken_once(records, staff):
    with pytest.raises(ResourceAlreadyExists, match=r"The collection id: staff already exists\."):
        records.collections.create("staff", "arn:staff", "m1", {})
    assert records.collections.get("staff") == staff


def test_an_unknown_id_is_told(records):
    for ask in (records.collections.get, records.collections.delete):
        with pytest.raises(ResourceNotFound, match="The collection id: nobody does not exist"):
            ask("nobody")


def test_pages_follow_the_number(records):
    made = [records.collections.create(f"c{i}", f"arn:{i}", "m1", {}) for i in range(5)]
    assert records.collections.list(0, 2) == made[:2]
    assert records.collections.list(made[1].no, 2) == made[2:4]
    assert records.collections.list(made[4].no, 2) == []


def test_a_recreated_name_is_another_collection(records, staff):
    records.faces.add(staff, [a_face(1)], 10)
    assert records.collections.delete("staff").face_count == 1
    again = records.collections.create("staff", "arn:staff", "m1", {})
    assert again.no != staff.no
    assert again.face_count == 0
    assert records.faces.list(again, 0, 10) == []
    assert records.tags.get("arn:staff") == {}


def test_what_a_deleted_collection_held_is_gone(records, staff):
    face = records.faces.add(staff, [a_face(1)], 10)[0]
    records.users.create(staff, "ann", None)
    records.collections.delete("staff")
    assert records.faces.list(staff, 0, 10) == []
    assert records.users.list(staff, 0, 10) == []
    assert records.faces.by_no(staff, [face.no]) == {}
    with pytest.raises(ResourceNotFound):
        records.faces.embeddings(staff, [face.no])
    changes = records.changes.changes(GalleryRef(staff.no, Subject.FACE), 7)
    assert (changes.seq, changes.more, len(changes.put_nos)) == (7, False, 0)


def test_nothing_is_added_to_a_collection_that_went_away(records, staff):
    records.collections.delete("staff")
    records.collections.create("staff", "arn:staff", staff.model_version, {})
    with pytest.raises(ResourceNotFound, match="The collection id: staff does not exist"):
        records.faces.add(staff, [a_face(1)], 10)
    with pytest.raises(ResourceNotFound, match="The collection id: staff does not exist"):
        records.users.create(staff, "ann", None)


def test_created_at_keeps_the_zone(records, clock):
    clock.advance(timedelta(microseconds=123_456))
    records.collections.create("staff", "arn:staff", "m1", {})
    assert records.collections.get("staff").created_at == clock.now()


class TestTags:
    def test_put_adds_and_replaces(self, records, staff):
        records.tags.put(staff.arn, {"a": "1", "b": "2"}, 50)
        records.tags.put(staff.arn, {"b": "3", "c": ""}, 50)
        assert records.tags.get(staff.arn) == {"a": "1", "b": "3", "c": ""}

    def test_remove_ignores_what_is_not_there(self, records, staff):
        records.tags.put(staff.arn, {"a": "1", "b": "2"}, 50)
        records.tags.remove(staff.arn, ["a", "nothing"])
        assert records.tags.get(staff.arn) == {"b": "2"}

    def test_the_quota_counts_all_tags_and_refuses_the_whole_call(self, records, staff):
        records.tags.put(staff.arn, {"a": "1", "b": "2"}, 2)
        records.tags.put(staff.arn, {"a": "9"}, 2)
        with pytest.raises(QuotaExceeded):
            records.tags.put(staff.arn, {"a": "8", "c": "3"}, 2)
        assert records.tags.get(staff.arn) == {"a": "9", "b": "2"}

    def test_an_unknown_resource_is_told(self, records):
        for ask in (
            lambda: records.tags.get("arn:x"),
            lambda: records.tags.put("arn:x", {"a": "1"}, 50),
            lambda: records.tags.remove("arn:x", ["a"]),
        ):
            with pytest.raises(ResourceNotFound):
                ask()
