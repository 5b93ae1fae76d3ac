"""Leads, verdicts and pictures: the same on every engine and on the fake."""

import sqlite3
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from beholden.domain.errors import AccessDenied, ConflictingState, ResourceNotFound
from beholden.domain.face import NewFace
from beholden.domain.gallery import Subject
from beholden.domain.lead import LeadState, Probe
from beholden.testing.faces import a_face
from beholden.testing.leads import a_finding, a_lead, a_verdict

QUOTA = 100


@pytest.fixture
def lead(records):
    lead = a_lead()
    records.leads.add(lead, a_finding(3, 5))
    return lead


def test_a_lead_keeps_what_was_found(records, lead):
    enrolled = replace(
        a_finding(9), probe=Probe("f-4", None, Subject.USER, 4), model_cards={"sface": "ab"}
    )
    other = a_lead("lead-2", authorization="w-1", purpose="street", case=None)
    records.leads.add(other, enrolled)
    assert records.leads.get("lead-1") == lead
    assert records.leads.by_call("call of lead-2") == other
    assert records.leads.by_call("call of nobody") is None
    assert records.leads.open("lead-1") == (a_finding(3, 5), [])
    assert records.leads.open("lead-2")[0] == enrolled


def test_leads_are_listed_in_order_by_purpose_and_authorization(records, lead):
    other = a_lead("lead-2", authorization="w-1", purpose="street")
    records.leads.add(other, a_finding())
    assert records.leads.list() == [lead, other]
    assert records.leads.list(purpose="street") == [other]
    assert records.leads.list(authorization="w-1", purpose="street") == [other]
    assert records.leads.list(authorization="w-1", purpose="door") == []


@pytest.mark.parametrize(
    ("choices", "state"),
    [
        ((3, 3), LeadState.UPHELD),
        ((None, None), LeadState.NO_MATCH),
        ((3, None), LeadState.OVERTURNED),
        ((3, 5), LeadState.OVERTURNED),
    ],
)
def test_two_verdicts_close_a_lead(records, lead, choices, state):
    first, second = a_verdict("rita", choices[0]), a_verdict("saul", choices[1])
    waiting = records.leads.judge("lead-1", first)
    assert (waiting.state, waiting.reviewers, waiting.closed_at) == (
        LeadState.WAITING,
        ("rita",),
        None,
    )
    closed = records.leads.judge("lead-1", second)
    assert (closed.state, closed.reviewers) == (state, ("rita", "saul"))
    assert closed.closed_at == second.at
    assert records.leads.get("lead-1") == closed
    assert records.leads.open("lead-1")[1] == [first, second]
    with pytest.raises(ConflictingState, match="is closed"):
        records.leads.judge("lead-1", a_verdict("tom", 3))


@pytest.mark.parametrize("name", ["rita", "Rita", " r i t a ", "\uff32ita"])
def test_nobody_judges_twice(records, lead, name):
    records.leads.judge("lead-1", a_verdict("rita", 3))
    with pytest.raises(AccessDenied, match="two-reviewers"):
        records.leads.judge("lead-1", a_verdict(name, 3))
    assert records.leads.get("lead-1").state is LeadState.WAITING


def test_nobody_judges_what_they_searched(records, lead):
    with pytest.raises(AccessDenied, match="own-search"):
        records.leads.judge("lead-1", a_verdict("Ann", 3))


def test_of_many_who_judge_at_once_two_are_heard(records, lead):
    outcomes = []

    def judge(name):
        try:
            outcomes.append(records.leads.judge("lead-1", a_verdict(name, 3)).state)
        except ConflictingState:
            outcomes.append(None)

    threads = [threading.Thread(target=judge, args=(f"reviewer {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["None"] * 4 + ["upheld", "waiting"]
    assert len(records.leads.get("lead-1").reviewers) == 2


def test_an_expired_lead_says_that_it_was_and_nothing_more(records, lead, clock):
    records.leads.judge("lead-1", a_verdict("rita", 3))
    clock.advance(timedelta(days=1))
    expired = records.leads.expire("lead-1")
    assert (expired.state, expired.closed_at) == (LeadState.EXPIRED, clock.now())
    clock.advance(timedelta(days=1))
    assert records.leads.expire("lead-1") == expired == records.leads.get("lead-1")
    with pytest.raises(ResourceNotFound):
        records.leads.open("lead-1")
    with pytest.raises(ConflictingState):
        records.leads.judge("lead-1", a_verdict("saul", 3))


def test_unknown_leads(records):
    for ask in (records.leads.get, records.leads.open, records.leads.expire):
        with pytest.raises(ResourceNotFound):
            ask("nowhere")
    with pytest.raises(ResourceNotFound):
        records.leads.judge("nowhere", a_verdict("rita"))


def test_the_database_file_tells_neither_candidate_nor_verdict(records, lead, tmp_path):
    path = tmp_path / "records.db"
    if not path.exists():
        pytest.skip("kept in memory or elsewhere")
    records.leads.judge("lead-1", a_verdict("rita", 3))
    database = sqlite3.connect(path)
    told = repr([database.execute(f"select * from {t}").fetchall() for t in ("leads", "verdicts")])
    database.close()
    assert "rita" in told
    assert "f-3" not in told
    assert "the ears" not in told


def pictured(seed: int, picture: bytes | None) -> NewFace:
    return replace(a_face(seed), picture=picture)


def test_pictures_come_and_go_with_their_faces(records, staff):
    faces = [pictured(1, b"one"), pictured(2, b"two"), pictured(3, None)]
    one, two, three = (face.no for face in records.faces.add(staff, faces, QUOTA))
    assert records.pictures.of(staff, [one, two, three, 99]) == {one: b"one", two: b"two"}
    records.faces.delete(staff, [faces[0].face_id])
    records.pictures.delete(staff, [three, 99])
    assert records.pictures.of(staff, [one, two, three]) == {two: b"two"}
    records.pictures.delete(staff, [two])
    assert records.pictures.of(staff, [two]) == {}


def test_who_was_enrolled_without_a_picture_gets_one_when_enrolled_again(records, staff):
    (before,) = records.faces.add(staff, [pictured(1, None)], QUOTA)
    for picture in (b"one", b"another"):
        (again,) = records.faces.add(staff, [pictured(1, picture)], QUOTA)
        assert again.no == before.no
    assert records.pictures.of(staff, [before.no]) == {before.no: b"one"}


def test_pictures_end_with_their_collection(records, staff):
    (face,) = records.faces.add(staff, [pictured(1, b"one")], QUOTA)
    records.collections.delete("staff")
    records.sweep()
    again = records.collections.create("staff", "arn:staff", "test-1", {})
    assert records.pictures.of(again, [face.no]) == {}
