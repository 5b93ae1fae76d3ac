"""Recordings: the same suite for the fake and the engines."""

from datetime import timedelta

from beholden.domain.recording import Recorded
from beholden.testing.streams import BEGINNING

HOUR = timedelta(hours=1)


def begun(records, key="a.mp4", purpose="door", authorization=None, later=timedelta()):
    made = Recorded("kept", key, purpose, authorization, BEGINNING + later)
    return records.recordings.begin(made)


def test_whoever_is_in_one_is_found_by_any_name(records):
    both, one = begun(records), begun(records, "b.mp4")
    records.recordings.shows(both, {"face-1", "eileen"})
    records.recordings.shows(both, {"eileen", "face-2"})
    records.recordings.shows(one, {"face-3"})
    assert records.recordings.showing({"eileen"}) == [both]
    assert records.recordings.showing({"face-2", "face-3"}) == [both, one]
    assert records.recordings.showing({"nobody"}) == records.recordings.showing(set()) == []


def test_they_expire_by_purpose_and_by_when_they_began(records):
    first, second = begun(records), begun(records, "b.mp4", later=HOUR)
    begun(records, "c.mp4", purpose="yard")
    assert records.recordings.expired("door", BEGINNING, 10) == [first]
    assert records.recordings.expired("door", BEGINNING + HOUR, 10) == [first, second]
    assert records.recordings.expired("door", BEGINNING + HOUR, 1) == [first]


def test_those_of_an_authorization(records):
    made = begun(records, authorization="one")
    begun(records, authorization="two")
    begun(records)
    assert records.recordings.under("one") == [made]


def test_one_that_is_doomed_is_not_wanted_and_waits_until_it_is_forgotten(records, clock):
    made = begun(records)
    records.recordings.shows(made, {"eileen"})
    assert records.recordings.wanted(made)
    records.recordings.doom(made)
    assert not records.recordings.wanted(made)
    assert records.recordings.expired("door", BEGINNING, 10) == []
    assert records.recordings.showing({"eileen"}) == [made]
    assert records.recordings.doomed(clock.now() - HOUR, 10) == []
    assert records.recordings.doomed(clock.now(), 10) == [made]
    records.recordings.forget(made)
    assert records.recordings.doomed(clock.now(), 10) == []
    assert records.recordings.showing({"eileen"}) == []


def test_of_one_that_is_forgotten_nothing_comes_back(records):
    made = begun(records)
    records.recordings.forget(made)
    records.recordings.shows(made, {"eileen"})
    records.recordings.doom(made)
    assert not records.recordings.wanted(made)
    assert records.recordings.showing({"eileen"}) == []
    assert begun(records).no != made.no
