"""The four patterns, record by record."""

import pytest

from beholden.domain.alert import Pattern
from beholden.domain.errors import AuditUnavailable
from beholden.oversight.misuse import Limits

from .conftest import QUIET


def test_one_case_over_many_probes_by_whoever_it_was(log):
    for number in range(10):
        log.search(f"p{number}", case="c1", principal="bea" if number == 0 else "dan")
    assert log.found() == []
    log.search("p10", case="c1")
    (alert,) = log.found()
    assert (alert.pattern, alert.count, alert.limit) == (Pattern.CASE_MANY_PROBES, 11, 10)
    assert alert.principals == ("bea", "dan")
    assert log.notifier.sent[0].body["subject"] == "c1"


def test_pictures_of_one_person_are_one_probe(log):
    for number in range(40):
        log.search(f"p{number}", case="c1", found=["f1", f"other-{number}"])
    assert log.found() == []


@pytest.mark.parametrize("decoy_first", [True, False])
@pytest.mark.parametrize("sure", [1.0, 99.0])
def test_a_decoy_that_every_picture_finds_elsewhere_hides_nobody(log, decoy_first, sure):
    """A gallery of one face, searched at a threshold of 0, or of a user who has everybody's."""
    for number in range(11):
        both = [(["decoy"], "decoys", sure), ([f"f{number}"], "x", 99.0)]
        for found, gallery, similarity in both if decoy_first else reversed(both):
            log.search(f"p{number}", "c1", found, gallery=gallery, sure=similarity)
    assert [alert.count for alert in log.found()] == [11]


def test_whoever_is_like_a_picture_by_a_little_does_not_make_it_the_same_probe(log):
    """A face in the gallery itself that is nearest to whoever is not in it."""
    for number in range(11):
        log.search(f"p{number}", "c1", ["nearest"], sure=79.0)
        log.search(f"p{number}", "c1", ["everybody"], gallery="decoys")
    assert [alert.count for alert in log.found()] == [11]


def test_a_withheld_match_is_not_hidden_by_one_that_is_shown(log):
    withheld = {"candidates": {"committed": "00"}, "gallery": "x"}
    for number in range(11):
        log.record("SearchFacesByImage", facts=withheld | {"probe": f"p{number}"}, case="c1")
        log.search(f"p{number}", "c1", ["everybody"], gallery="decoys")
    assert [alert.count for alert in log.found()] == [11]


def test_a_picture_of_several_public_figures_is_not_one_of_the_first(log):
    for number in range(11):
        found = ["decoy", f"f{number}"]
        log.search(f"p{number}", "c1", found, action="RecognizeCelebrities")
    assert [alert.count for alert in log.found()] == [11]


def test_pictures_of_one_person_are_one_probe_where_a_gallery_knows_nobody(log):
    for number in range(40):
        log.search(f"p{number}", case="c1", found=["f1"])
        log.search(f"p{number}", case="c1", gallery="others")
    assert log.found() == []


def test_an_association_that_compared_nothing_is_no_search_and_stops_nothing(log):
    """One that is asked for again under its token gives its earlier answer, and notes nothing."""
    log.record("AssociateFaces", facts={}, case="c1")
    for number in range(11):
        log.search(f"p{number}", "c1")
    assert [alert.count for alert in log.found()] == [11]


def test_the_same_picture_again_is_no_further_probe(log):
    for _ in range(15):
        log.search("p1", case="c1")
    assert log.found() == []


def test_two_spellings_are_one_case(log):
    for number in range(11):
        log.search(f"p{number}", case=" A-17 " if number % 2 else "a-17")
    assert [alert.subject for alert in log.found()] == ["a-17"]


def test_what_is_older_than_the_window_counts_no_more(log):
    for number in range(11):
        log.search(f"p{number}", case="c1")
        log.days(4)
    assert log.found() == []


def test_a_case_is_told_of_again_once_it_has_doubled(log):
    for number in range(23):
        log.search(f"p{number}", case="c1")
        log.days(1)
    assert sorted(alert.count for alert in log.found()) == [11, 22]


def test_one_picture_under_many_cases_by_different_people(log):
    for number, name in enumerate(("ann", "bea", "cem")):
        log.search("p1", case=f"c{number}", principal=name)
    (alert,) = log.found()
    assert (alert.pattern, alert.principals) == (Pattern.PROBE_MANY_CASES, ("ann", "bea", "cem"))


def test_one_person_is_looked_for_by_one_searcher_under_many_cases(log):
    for number in range(3):
        log.search(f"p{number}", case=f"c{number}", found=["f1"])
    (alert,) = log.found()
    assert alert.subject == "person x/f1, by dan"


def test_a_person_whom_many_look_for_is_no_pattern(log):
    for number, name in enumerate(("ann", "bea", "cem", "dan")):
        log.search(f"p{number}", case=f"c{number}", found=["f1"], principal=name)
    assert log.found() == []


def test_more_than_four_times_a_typical_day(log):
    for _ in range(5):
        for _ in range(10):
            log.search()
        log.days(1)
    log.days(1)
    for _ in range(40):
        log.search()
    assert log.found() == []
    log.search()
    (alert,) = log.found()
    assert (alert.pattern, alert.count, alert.limit) == (Pattern.VOLUME, 41, 40)


def test_everybody_is_measured_by_their_own_past(log):
    for _ in range(5):
        for _ in range(300):
            log.search(principal="doorbell")
        log.search()
        log.days(1)
    log.days(1)
    for _ in range(300):
        log.search(principal="doorbell")
    for _ in range(21):
        log.search()
    told = [alert for alert in log.found() if alert.at == log.clock.now()]
    assert [alert.principals for alert in told] == [("dan",)]


def test_without_a_past_the_limit_is_five_times_the_least(log):
    for _ in range(100):
        log.search()
    assert log.found() == []
    log.search()
    assert [(alert.count, alert.limit) for alert in log.found()] == [(101, 100)]


def test_a_day_is_the_last_24_hours_and_no_calendar_day(log):
    for hour in (0, 20, 3):
        log.days(hour / 24)
        for _ in range(50):
            log.search()
    assert [alert.count for alert in log.found()] == [101]


def test_the_sample_is_a_share_that_nobody_can_foresee(log):
    for _ in range(2_000):
        log.search()
        log.days(0.25)
    drawn = log.found(Limits(sample_pct=10))
    assert {alert.pattern for alert in drawn} == {Pattern.SAMPLE}
    assert 140 < len(drawn) < 260
    assert log.notifier.sent == []


def test_calls_that_search_nobody_are_left_out(log):
    for number in range(40):
        log.record("DetectFaces", facts={"probe": f"p{number}"}, case="c1")
        log.record("beholden:ListKeys", case="c1")
    assert log.found() == []


def test_it_goes_on_after_a_restart_and_tells_nothing_twice(log):
    for number in range(6):
        log.search(f"p{number}", case="c1")
    first = log.watcher()
    first.run()
    first.close()
    assert log.states.load("misuse")["position"] == 6
    for number in range(6, 11):
        log.search(f"p{number}", case="c1")
    assert log.watcher().run() == 1
    log.states.save("misuse", {"version": 0})
    assert log.watcher().run() == 1  # seen again from the first entry, and known
    assert len(log.alerts.list(settled=False, limit=9)) == len(log.notifier.sent) == 1
    raised = [r for r in log.audit.records if r.action == "beholden:RaiseAlert"]
    assert len(raised) == 1


def test_an_alert_that_could_not_be_logged_is_raised_later(log):
    for number in range(11):
        log.search(f"p{number}", case="c1")
    watcher = log.watcher(QUIET)
    log.audit.full = True
    with pytest.raises(AuditUnavailable):
        watcher.run()
    assert log.alerts.list(settled=False, limit=9) == []
    log.audit.full = False
    assert watcher.run() == 1
