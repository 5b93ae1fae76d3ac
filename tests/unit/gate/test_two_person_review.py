"""The rule that withholds matches: when it acts, what it keeps, and that it fails closed."""

from dataclasses import replace

import pytest

from beholden.domain.access import Decision, Grant, Identifies, Principal, Query, Resource
from beholden.domain.commitment import commit
from beholden.domain.errors import AccessDenied, ServerError
from beholden.gate.call import Call
from beholden.gate.restrictions.two_person_review import FORMS, RELEASES, TwoPersonReview
from beholden.testing.clock import FakeClock
from beholden.testing.leads import FakeLeads, a_finding

CANDIDATES = [{"face": "f-3", "similarity_pct": 99.0}]


class Searches:
    """One call of each kind, under a purpose that demands review."""

    def __init__(self):
        self.clock = FakeClock()
        self.leads = FakeLeads(self.clock)
        self.rule = TwoPersonReview(self.leads, self.clock, lambda: "lead-7")

    def query(self, action="SearchFaces", identifies=Identifies.SEARCHES, **context):
        who = Principal("ann", "operator", "door", "AKIA1", "2024-7")
        asked = {"review": True} | context
        return Query(who, action, Resource("Collection", "wanted"), identifies, asked)

    def call(self, query, found=None):
        grant = Grant("g", query, Decision(True, ""), self.clock.now())
        call = Call("call-1", grant, {"gallery": "arn:wanted", "candidates": CANDIDATES}, found)
        call.note(model_cards={"sface": "ab"})
        return call


@pytest.fixture
def searches():
    return Searches()


def test_the_lead_keeps_the_match_and_the_log_a_commitment(searches):
    call = searches.call(searches.query(authorization="w-1"), a_finding(3))
    answer = searches.rule.after(call, {"FaceMatches": [{"Face": {"FaceId": "f-3"}}], "X": 1})
    assert answer == {"FaceMatches": [{"Similarity": 0.0, "Face": {"FaceId": "lead-7"}}], "X": 1}
    lead = searches.leads.get("lead-7")
    assert (lead.searcher, lead.case, lead.authorization) == ("ann", "2024-7", "w-1")
    assert lead.call_id == "call-1"
    finding, _ = searches.leads.open("lead-7")
    assert [*finding.evidence] == CANDIDATES
    assert finding.model_cards == {"sface": "ab"}
    assert call.facts["candidates"] == {"committed": commit(finding.salt, CANDIDATES)}
    assert call.facts["lead"] == "lead-7"


@pytest.mark.parametrize(("action", "form"), FORMS.items())
def test_each_search_has_its_form(searches, action, form):
    member, _ = form
    call = searches.call(searches.query(action), a_finding())
    (match,) = searches.rule.after(call, {member: []})[member]
    assert match["Similarity"] == 0.0
    assert str(match).count("lead-7") == 1


def test_matches_that_nothing_was_kept_of_are_not_released(searches):
    call = searches.call(searches.query())
    with pytest.raises(ServerError, match="nothing to review"):
        searches.rule.after(call, {"FaceMatches": [{"Face": {"FaceId": "f-3"}}]})


def test_where_no_search_ran_there_is_no_lead(searches):
    answer = {"UserMatches": [], "UnsearchedFaces": []}
    assert (
        searches.rule.after(searches.call(searches.query("SearchUsersByImage")), answer) == answer
    )
    assert searches.leads.list() == []


@pytest.mark.parametrize(
    "query",
    [
        {"review": False},
        {"action": "CompareFaces", "identifies": Identifies.COMPARES},
        {"action": RELEASES},
    ],
)
def test_other_calls_pass_as_they_are(searches, query):
    asked = searches.query(**query)
    assert searches.rule.before(asked, {"a": 1}) == {"a": 1}
    answer = {"FaceMatches": [{"Face": {"FaceId": "f-3"}}]}
    assert searches.rule.after(searches.call(asked, a_finding(3)), answer) is answer
    assert searches.leads.list() == []


def test_a_search_without_a_form_does_not_run(searches):
    with pytest.raises(AccessDenied, match="StartFaceSearch has no form"):
        searches.rule.before(searches.query("StartFaceSearch"), {})


def test_if_the_lead_cannot_be_kept_neither_match_nor_candidates_get_out(searches):
    class Full(FakeLeads):
        def add(self, lead, finding):
            raise ServerError("no space")

    rule = replace(searches.rule, leads=Full(searches.clock))
    call = searches.call(searches.query(), a_finding(3))
    with pytest.raises(ServerError):
        rule.after(call, {"FaceMatches": [{"Face": {"FaceId": "f-3"}}]})
    assert "f-3" not in str(call.facts)  # they stand in the record of the failure
