"""Who is the same person, what a commitment binds, and what two verdicts make of a lead."""

import hashlib

import pytest

from beholden.domain.commitment import commit, new_salt
from beholden.domain.errors import AccessDenied, ConflictingState
from beholden.domain.lead import LeadState
from beholden.domain.people import same_person
from beholden.testing.leads import a_lead, a_verdict


@pytest.mark.parametrize("other", ["Ann Lee", "ANN LEE", " annlee", "ann\u00a0lee", "\uff21nn Lee"])
def test_spellings_of_a_name_are_one_person(other):
    assert same_person("ann lee", other)


@pytest.mark.parametrize("other", ["ann", "ann lea", "anne lee", ""])
def test_other_names_are_other_people(other):
    assert not same_person("ann lee", other)


def test_a_commitment_is_to_salt_and_value():
    salt = "00" * 32
    told = b'{"a":[1,null],"b":"\\u00e9"}'
    assert commit(salt, {"b": "é", "a": [1, None]}) == hashlib.sha256(bytes(32) + told).hexdigest()
    assert commit(new_salt(), []) != commit(new_salt(), [])


def test_no_value_is_committed_to_that_has_two_forms():
    with pytest.raises(ValueError, match="JSON compliant"):
        commit(new_salt(), float("nan"))


def test_verdicts_are_counted_by_person_not_by_key():
    lead = a_lead().judged([], a_verdict("rita", 3))
    assert (lead.state, lead.reviewers, lead.closed_at) == (LeadState.WAITING, ("rita",), None)
    with pytest.raises(AccessDenied, match="two-reviewers"):
        lead.judged([a_verdict("rita", 3)], a_verdict("RITA", 3))
    with pytest.raises(AccessDenied, match="own-search"):
        lead.judged([a_verdict("rita", 3)], a_verdict(" Ann", 3))
    upheld = lead.judged([a_verdict("rita", 3)], a_verdict("saul", 3))
    assert upheld.state is LeadState.UPHELD
    with pytest.raises(ConflictingState, match="upheld"):
        upheld.judged([], a_verdict("tom", 3))


def test_the_second_verdict_decides_for_good():
    lead = a_lead().judged([], a_verdict("rita", 3))
    overturned = lead.judged([a_verdict("rita", 3)], a_verdict("saul", None))
    assert overturned.state is LeadState.OVERTURNED
    with pytest.raises(ConflictingState, match="overturned"):
        overturned.judged([], a_verdict("tom", 3))
