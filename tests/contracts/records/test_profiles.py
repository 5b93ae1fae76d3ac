"""Profiles and proposals: the same on every engine and on the fake."""

import pytest

from beholden.domain.errors import ResourceNotFound
from beholden.domain.profile import Profile


def test_a_new_deployment_has_no_profile(records):
    assert records.profiles.current() is None
    assert records.profiles.loaded() is None
    with pytest.raises(ResourceNotFound):
        records.profiles.load("ab")


def test_what_was_loaded_belongs_to_the_choice(records):
    records.profiles.choose(Profile.ORGANISATION)
    records.profiles.load("ab")
    assert (records.profiles.current(), records.profiles.loaded()) == (Profile.ORGANISATION, "ab")
    records.profiles.choose(Profile.PERSONAL)
    assert (records.profiles.current(), records.profiles.loaded()) == (Profile.PERSONAL, None)


def test_a_proposal_waits_until_it_is_closed_once(records, clock):
    first = records.proposals.add("profile", {"Profile": "personal"}, "ann")
    second = records.proposals.add("purpose", {"Name": "x", "Floor": 99.5}, "bob")
    assert records.proposals.waiting() == [first, second]
    assert records.proposals.get(first.no) == first
    assert (first.proposed_by, first.proposed_at) == ("ann", clock.now())
    records.proposals.close(first.no, "bob")
    assert records.proposals.waiting() == [second]
    for act in (records.proposals.get, lambda no: records.proposals.close(no, "eve")):
        with pytest.raises(ResourceNotFound, match=f"proposal {first.no}"):
            act(first.no)
