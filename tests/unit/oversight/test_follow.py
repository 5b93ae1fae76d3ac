"""Publishing and counting: nothing twice, nothing left out, nothing that names anybody."""

import json
from datetime import timedelta

import pytest

from beholden.domain.audit import RecordKind
from beholden.oversight.follow import Counter, Feed, Publisher
from beholden.oversight.published import publish
from beholden.testing.trail import FakePublishedLog, FakeTrail, entry_of


@pytest.fixture
def public():
    return FakePublishedLog()


def publisher(log, public, hours=0):
    return Publisher(FakeTrail(log.audit), public, log.clock, timedelta(hours=hours))


def shown(log, record=-1):
    return json.loads(publish(entry_of(log.audit.records[record])))


def test_each_entry_is_published_once_whoever_runs_and_however_often(log, public):
    for _ in range(5):
        log.search()
    assert publisher(log, public).run() == 5
    log.search()
    assert publisher(log, public).run() == 1
    assert publisher(log, public).run() == 0
    assert public.size() == 6


def test_an_entry_waits_until_it_is_old_enough(log, public):
    log.search()
    log.clock.advance(timedelta(hours=20))
    log.search()
    late = publisher(log, public, hours=24)
    assert late.run() == 0
    log.clock.advance(timedelta(hours=4))
    assert late.run() == 1


def test_a_search_is_published_without_who_and_whom(log):
    log.search("probe-hash", case="case-7", found=["face-1", "face-2"])
    made = shown(log)
    assert made["facts"] == {"matched": True}
    assert set(made) == {"action", "call", "day", "facts", "kind", "leaf", "purpose", "role"}
    assert made["day"] == "2026-03-02"


def test_a_withheld_match_is_published_without_whether_there_was_one(log):
    log.record("SearchFaces", facts={"candidates": {"committed": "ab"}, "threshold_pct": 99.0})
    assert shown(log)["facts"] == {"withheld": True, "threshold_pct": 99.0, "asked_pct": None}


def test_many_candidates_in_an_entry_of_their_own_are_a_match(log):
    log.record("SearchFaces", facts={"candidates": {"items": 300, "in": "evidence"}})
    assert shown(log)["facts"] == {"matched": True}


def test_what_was_refused_is_published_by_its_rule_and_not_its_words(log):
    facts = {"policies": ["gallery-purpose"], "reason": "ann may not", "known": {"x": 1}}
    log.record("SearchFaces", RecordKind.REFUSAL, facts)
    assert shown(log)["facts"] == {"refused_by": ["gallery-purpose"]}


def test_the_terms_of_a_purpose_are_published_without_who_proposed_them(log):
    facts = {"approved": {"ProposedBy": "eve"}, "purpose": {"Name": "door", "Eve": 1, "Basis": "b"}}
    log.record("beholden:Approve", facts=facts)
    assert shown(log)["facts"] == {"purpose": {"Name": "door", "Basis": "b"}}


def test_keys_and_consents_are_published_as_acts_only(log):
    log.record("beholden:CreateKey", facts={"key": {"Holder": "ann"}})
    assert shown(log)["facts"] == {}


def test_a_review_counts_by_what_became_of_it(log, public):
    for state in ("waiting", "upheld", "overturned", "upheld"):
        log.record("beholden:JudgeLead", facts={"lead": "l", "lead_state": state})
    assert counted(log, public)["reviews"] == [
        {"purpose": "door", "states": {"overturned": 1, "upheld": 2}}
    ]


def test_authorizations_count_by_what_was_done_about_them(log, public):
    log.record("beholden:StartEmergency", facts={"requested": {"ProposedBy": "ann"}})
    log.record("beholden:ApproveAuthorization", RecordKind.REFUSAL, {"policies": ["own"]})
    deleted = [{"authorization": "a1", "leads": 3}, {"authorization": "a2", "leads": 0}]
    log.record("beholden:SweepAuthorizations", facts={"closed": [{}], "deleted": deleted})
    log.record("beholden:SweepAuthorizations", facts={"closed": [{}], "deleted": []})
    assert shown(log, 0)["facts"] == {}
    assert counted(log, public)["authorizations"] == {"emergencies": 1, "undone": 2}


def test_a_recording_counts_once_though_it_leaves_two_outcomes(log, public):
    log.record("StartFaceSearch", facts={"video": "v", "granted": {"threshold_pct": 80}})
    log.record("StartFaceSearch", facts={"threshold_pct": 80, "candidates": [{"face": "f"}]})
    report = counted(log, public)
    assert (report["totals"]["videos"], report["totals"]["videos_matched"]) == (1, 1)
    assert [row["calls"] for row in report["thresholds"]] == [1]


def test_an_evaluation_with_many_groups_is_put_together_again(log, public):
    pages = [{"of": "groups", "first": 0, "groups": [{"group": "a"}]}]
    pages += [{"of": "groups", "first": 1, "groups": [{"group": "b"}]}]
    call = f"id-{len(log.audit.records) + 1}"
    for facts in pages:
        log.record("beholden:RecordEvaluation", RecordKind.EVIDENCE, facts)
    facts = {"kind": "verification", "list_sha256": "ab", "groups": {"items": 2, "in": "evidence"}}
    log.record("beholden:RecordEvaluation", facts=facts)
    for record in log.audit.records:
        object.__setattr__(record, "call_id", call)
    (made,) = counted(log, public)["evaluations"]
    assert made["groups"] == [{"group": "a"}, {"group": "b"}]


def counted(log, public, year=None):
    publisher(log, public).run()
    counter = Counter(public, log.states)
    counter.run()
    return counter.report(year)


def test_a_year_is_the_sum_of_its_months(log, public):
    for _ in range(3):
        log.search()
        log.days(200)
    assert counted(log, public, 2026)["totals"]["searches"] == 2
    assert counted(log, public, 2027)["totals"]["searches"] == 1
    assert counted(log, public)["totals"]["searches"] == 3


def test_counting_goes_on_where_it_stopped(log, public):
    counter = Counter(public, log.states)
    log.search()
    publisher(log, public).run()
    assert counter.run() == 1
    counter.close()
    log.search()
    publisher(log, public).run()
    again = Counter(public, log.states)
    assert again.report()["totals"]["searches"] == 1
    assert again.run() == 1
    assert again.report()["totals"]["searches"] == 2


def test_a_tally_of_a_longer_log_is_not_gone_on_with(log, public):
    for _ in range(3):
        log.search()
    publisher(log, public).run()
    counter = Counter(public, log.states)
    counter.run()
    counter.close()
    del public.kept[1:]
    again = Counter(public, log.states)
    assert again.run() == 1


def test_the_feed_keeps_the_last_checkpoint_of_each_day(log, public):
    feed = Feed(FakeTrail(log.audit), public, log.clock, log.states)
    for _ in range(3):
        for _ in range(2):
            log.search()
            publisher(log, public).run()
            feed.run()
        log.days(1)
    assert [day["entries"] for day in feed.days()] == [2, 4, 6]
    feed.run()
    assert len(feed.days()) == 3
