import pytest

from beholden.domain.consent import Consent
from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Hold
from beholden.domain.person import Person
from beholden.domain.request_token import Answer, RequestToken
from beholden.testing.faces import MODEL_VERSION, a_face

ANN = Person(frozenset({"ann"}), frozenset({"household"}), [])


def shown(traces):
    return [
        (
            trace.collection.collection_id,
            [face.external_image_id for face in trace.faces],
            [user.user_id for user in trace.users],
        )
        for trace in traces
    ]


def test_traces_are_found_in_every_collection(records, staff):
    guests = records.collections.create("guests", "arn:guests", MODEL_VERSION, {})
    for collection in (staff, guests):
        new = [a_face(seed, external_image_id=name) for seed, name in enumerate(("ann", "bob"))]
        faces = records.faces.add(collection, [*new, a_face(9)], 9)
    user = records.users.create(guests, "household", None)
    guests = records.collections.get("guests")
    records.users.associate(guests, user, [faces[1].no, faces[2].no], None)
    find = records.traces.find
    assert find([], [], []) == find(["eve"], ["eve"], ["eve"]) == []
    assert shown(find(["ann"], [], [])) == [("staff", ["ann"], []), ("guests", ["ann"], [])]
    assert shown(find([], ["household"], [])) == [("guests", ["bob", None], ["household"])]
    assert shown(find(["ann"], [], [faces[2].face_id])) == [
        ("staff", ["ann"], []),
        ("guests", ["ann", None], []),
    ]


def test_held_faces_leave_traces_too(records, staff):
    (face,) = records.faces.add(staff, [a_face(1, external_image_id="ann")], 9)
    records.faces.hold(staff, [face.face_id], Hold.KEPT)
    assert shown(records.traces.find(["ann"], [], [])) == [("staff", ["ann"], [])]


def test_a_persons_consents_are_erased_and_others_stay(records, clock):
    for subject, purpose in (("ann", "door"), ("ann", "gym"), ("bob", "door")):
        consent = Consent(subject, purpose, "0" * 64, "eve", clock.now())
        records.consents.add(consent, f"{subject} agrees")
    records.consents.withdraw("ann", "gym")
    assert records.consents.count(ANN) == 2
    assert records.consents.erase(ANN) == 2
    assert records.consents.count(ANN) == 0
    assert not records.consents.given("ann", "door")
    assert [one.subject for one in records.consents.list()] == ["bob"]
    with pytest.raises(ResourceNotFound):
        records.consents.receipt("ann", "door")
    records.consents.add(Consent("ann", "door", "0" * 64, "eve", clock.now()), "again")
    assert records.consents.receipt("ann", "door") == "again"


def test_answers_that_name_a_person_are_erased(records, staff):
    def answer(token, response):
        return Answer(RequestToken("eve:CreateUser", token, bytes(32)), response)

    told = {"Failed": [{"UserId": "household", "Reasons": ["X"]}]}
    records.users.create(staff, "one", answer("1", told))
    records.users.create(staff, "two", answer("2", {"Failed": [{"UserId": "household-2"}]}))
    assert records.answers.count(ANN) == 1
    assert records.answers.erase(ANN) == 1
    assert records.answers.find(RequestToken("eve:CreateUser", "1", bytes(32))) is None
    assert records.answers.find(RequestToken("eve:CreateUser", "2", bytes(32))) is not None
