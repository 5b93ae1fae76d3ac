"""Rule 4: where the purpose demands review, a search answers with a lead, never with a match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from beholden.domain.access import Identifies, Query
from beholden.domain.commitment import commit, new_salt
from beholden.domain.errors import AccessDenied, ServerError
from beholden.domain.lead import Finding, Lead
from beholden.gate.call import Call
from beholden.gate.registry import Request, Response
from beholden.gate.restriction import Restriction
from beholden.ports.clock import Clock
from beholden.ports.leads import Leads

Match = Callable[[str], dict[str, Any]]


def _face(lead_id: str) -> dict[str, Any]:
    return {"Similarity": 0.0, "Face": {"FaceId": lead_id}}


def _user(lead_id: str) -> dict[str, Any]:
    return {"Similarity": 0.0, "User": {"UserId": f"lead:{lead_id}"}}


# The member of each answer that matches stand in, and a lead's form there. Its similarity is 0, so
# that a client that compares it with a threshold of its own takes it for no match.
FORMS: Mapping[str, tuple[str, Match]] = {
    "SearchFaces": ("FaceMatches", _face),
    "SearchFacesByImage": ("FaceMatches", _face),
    "SearchUsers": ("UserMatches", _user),
    "SearchUsersByImage": ("UserMatches", _user),
    "StartStreamProcessor": ("FaceMatches", _face),
    "beholden:WatchStream": ("FaceMatches", _face),
    "beholden:ViewStream": ("FaceMatches", _face),
}
# What tells a searcher the outcome of a review, and so is not reviewed.
RELEASES = "beholden:GetLead"
# What searches only if it is asked for faces that are alike, at a threshold.
ERASES = "beholden:ErasePerson"


@dataclass(frozen=True, slots=True)
class TwoPersonReview(Restriction):
    """Keeps what was found as a lead and answers with the lead alone, the same whether there are
    candidates or none. The log gets a commitment to the candidates in their place: neither the
    searcher nor a reviewer learns from it what they may not know yet."""

    leads: Leads
    clock: Clock
    new_id: Callable[[], str]

    name = "two-person-review"

    def before(self, query: Query, request: Request) -> Request:
        if _demanded(query) and query.action not in FORMS:
            raise AccessDenied(
                f'{self.name}: the purpose "{query.principal.purpose}" demands that two people '
                f"review what is found, and {query.action} has no form for that; search with "
                f"{' or '.join(FORMS)}"
            )
        return request

    def after(self, call: Call, response: Response) -> Response:
        if not _demanded(call.grant.query):
            return response
        member, form = FORMS[call.grant.query.action]
        if call.found is None:
            if response.get(member):
                raise ServerError("a search left nothing to review")
            return response
        if _live(call.grant.query) and not call.found.hits:
            return response  # of passers-by who are nobody, nothing is kept
        lead_id = self._withhold(call, call.found)
        return {**response, member: [form(lead_id)]}

    def _withhold(self, call: Call, found: Finding) -> str:
        evidence = call.facts.pop("candidates")
        finding = replace(
            found,
            evidence=tuple(evidence),  # type: ignore[arg-type]
            salt=new_salt(),
            model_cards=call.facts.get("model_cards", {}),  # type: ignore[arg-type]
        )
        lead_id = self.new_id()
        committed = {"committed": commit(finding.salt, evidence)}
        call.note(lead=lead_id, withheld=self.name, candidates=committed)
        who = call.grant.query.principal
        lead = Lead(
            lead_id=lead_id,
            call_id=call.call_id,
            searcher=who.name,
            purpose=who.purpose,
            case=who.case,
            collection_id=call.grant.query.resource.id,
            gallery=str(call.facts["gallery"]),
            began=call.grant.issued_at,
            ended=self.clock.now(),
            authorization=_text(call.grant.query.context.get("authorization")),
        )
        self.leads.add(lead, finding)
        return lead_id


def _demanded(query: Query) -> bool:
    return _searches(query) and bool(query.context.get("review"))


def _searches(query: Query) -> bool:
    if query.action == ERASES and "threshold_pct" not in query.context:
        return False
    return query.identifies is Identifies.SEARCHES and query.action != RELEASES


def _live(query: Query) -> bool:
    return "camera" in query.context


def _text(value: object) -> str | None:
    return None if value is None else str(value)
