"""What concerns a search is told by what the server noted, never by what a caller could write."""

import pytest

from beholden.domain.excerpt import Matter

MATTER = Matter("call-1", "lead-1")
ANOTHER = {"call": "call-2", "case": None, "resource": 'Collection::"staff"', "facts": {}}
ANOTHER["action"] = "SearchFaces"
ALERT = "beholden:RaiseAlert"


@pytest.mark.parametrize(
    "record",
    [
        {"call": "call-1"},
        {"resource": 'Lead::"lead-1"'},
        {"facts": {"lead": "lead-1"}},
        {"facts": {"disclosed": ["call-1", "lead-1"]}},
        {"facts": {"ended_leads": ["lead-2", "lead-1"]}},
        {"action": ALERT, "facts": {"pattern": "random-sample", "subject": "call-1"}},
    ],
)
def test_records_of_it(record):
    assert MATTER.concerns(ANOTHER | record)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"case": "call-1"},
        {"case": "lead-1", "facts": {"lead": "lead-2"}},
        {"resource": 'Collection::"lead-1"'},
        {"principal": "call-1", "purpose": "lead-1", "facts": {"reason": "lead-1"}},
        {"facts": {"disclosed": ["call-2"]}},
        {"facts": {"ended_leads": ["lead-2"]}},
        {"action": ALERT, "facts": {"pattern": "random-sample", "subject": "call-2"}},
        {"action": ALERT, "facts": {"pattern": "one-case-many-probes", "subject": "call-1"}},
        {"facts": {"pattern": "random-sample", "subject": "call-1"}},
    ],
)
def test_records_of_something_else(record):
    assert not MATTER.concerns(ANOTHER | record)


def test_a_search_without_a_lead_has_no_records_of_leads():
    for record in ({"resource": 'Lead::"None"'}, {"facts": {"ended_leads": ["lead-1"]}}):
        assert not Matter("call-1").concerns(ANOTHER | record)
    assert Matter("call-1").ids == {"call-1"}
