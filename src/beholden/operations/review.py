"""Two-person review (rule 4): leads are listed, opened, judged, and released to who searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Identifies, Resource
from beholden.domain.commitment import commit, new_salt
from beholden.domain.errors import ConflictingState, InvalidParameter, ServerError
from beholden.domain.gallery import Subject
from beholden.domain.lead import Finding, Lead, LeadState, Verdict, upheld_by
from beholden.domain.people import plain_name
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _candidates, _present
from beholden.operations._purpose import everywhere
from beholden.operations._services import Services

Json = dict[str, Any]

MAX_REASON = 2000
DEFAULT_PAGE, MAX_PAGE = 100, 1000


class WhichLeads(TypedDict):
    """`State` is one of waiting, upheld, no-match, overturned, expired; `MaxResults` 1 to 1000, 100
    by default."""

    State: NotRequired[str]
    MaxResults: NotRequired[int]
    NextToken: NotRequired[str]


class OneLead(TypedDict):
    LeadId: str


class NewVerdict(TypedDict):
    """`View` is the code that OpenLead gave to this reviewer, and `Candidate` the number; without
    a candidate: none of them."""

    LeadId: str
    View: str
    Candidate: NotRequired[int]
    Reason: str


def _leads(_request: Request) -> Resource:
    return Resource("Deployment", "leads")


def _lead(request: Request) -> Resource:
    return Resource("Lead", request["LeadId"])


@operation("beholden:ListLeads", resource=_leads, only_reads=True)
def list_leads(services: Services, call: Call, request: WhichLeads) -> Json:
    """A reviewer sees those of their purpose, an auditor or administrator all. Who searched stands
    in the log: to know it helps nobody to judge faces."""
    who = call.grant.query.principal
    state = request.get("State")
    if state is not None and state not in [str(one) for one in LeadState]:
        raise InvalidParameter(f"State is one of {', '.join(LeadState)}.")
    size = request.get("MaxResults", DEFAULT_PAGE)
    if not 1 <= size <= MAX_PAGE:
        raise InvalidParameter(f"MaxResults is 1 to {MAX_PAGE}.")
    purpose = None if everywhere(call) else who.purpose
    # No lead is ever taken off the list, so a place in it stays one.
    scope = f"leads:{purpose}:{state}"
    start = services.pages.position(scope, request.get("NextToken"))
    every = enumerate(services.leads.list(purpose=purpose))
    found = [(at, one) for at, one in every if at >= start and state in (None, one.state)]
    more = services.pages.issue(scope, found[size][0]) if len(found) > size else None
    shown = [_listed(lead) | {"JudgedByYou": lead.judged_by(who.name)} for _, lead in found[:size]]
    return _present.page({"Leads": shown}, more)


@operation("beholden:OpenLead", resource=_lead)
def open_lead(services: Services, call: Call, request: OneLead) -> Json:
    """The probe and every candidate, shuffled. Scores, and what the other reviewer said, come only
    once the caller has judged."""
    name = call.grant.query.principal.name
    lead = services.leads.get(request["LeadId"])
    has_judged = lead.judged_by(name)
    if lead.state is not LeadState.WAITING and not has_judged:
        raise ConflictingState(f"This lead is closed: {lead.state}.")
    finding, verdicts = services.leads.open(lead.lead_id)
    collection = _candidates.searched(services, lead, finding)
    order = _candidates.shuffled(services, lead, finding, name)
    looks = _candidates.pictures(
        services, collection, finding.subject, [hit.subject_no for hit in order]
    )
    call.note(lead=lead.lead_id, judged=has_judged)
    shown: Json = _listed(lead) | {
        "View": _view(services, lead, name),
        "Probe": _candidates.probe_pictures(services, collection, finding.probe),
        "Candidates": [
            {"Number": number, "Pictures": looks.get(hit.subject_no, [])}
            for number, hit in enumerate(order, 1)
        ],
    }
    if has_judged:
        for candidate, hit in zip(shown["Candidates"], order, strict=True):
            candidate["Similarity"] = hit.similarity_pct
        numbers = {hit.subject_no: number for number, hit in enumerate(order, 1)}
        shown |= {"Threshold": finding.threshold_pct, "Model": finding.model_version}
        shown["Verdicts"] = [_said(verdict, numbers) for verdict in verdicts]
    return shown


@operation("beholden:JudgeLead", resource=_lead)
def judge_lead(services: Services, call: Call, request: NewVerdict) -> Json:
    """One person's verdict. The log commits to it, and opens it when the lead is closed."""
    reason = request["Reason"].strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise InvalidParameter(f"A verdict needs a reason of 1 to {MAX_REASON} characters.")
    who = call.grant.query.principal
    lead = services.leads.get(request["LeadId"])
    if not compare_digest(request["View"], _view(services, lead, who.name)):
        raise InvalidParameter("Look first: OpenLead shows the code that a verdict needs (View).")
    finding, _ = services.leads.open(lead.lead_id)
    order = _candidates.shuffled(services, lead, finding, who.name)
    number = request.get("Candidate")
    if number is not None and not 1 <= number <= len(order):
        raise InvalidParameter(f"This lead has {len(order)} candidates.")
    choice = None if number is None else order[number - 1].subject_no
    verdict = Verdict(who.name, who.key_id, call.grant.issued_at, choice, reason, new_salt())
    call.note(
        lead=lead.lead_id, verdict={"committed": commit(verdict.salt, told(finding, verdict))}
    )
    lead = services.leads.judge(lead.lead_id, verdict)
    if lead.closed_at is not None:
        call.note(**_closed(lead, finding, services.leads.open(lead.lead_id)[1]))
    return {"LeadId": lead.lead_id, "State": str(lead.state)}


@operation("beholden:GetLead", resource=_lead, identifies=Identifies.SEARCHES)
def get_lead(services: Services, call: Call, request: OneLead) -> Json:
    """What became of a search, for who searched: its match once two people have agreed on it, with
    all that EU AI Act Art. 12(3) wants recorded of it (rule 3)."""
    lead = services.leads.get(request["LeadId"])
    call.note(lead=lead.lead_id, told=str(lead.state))
    if lead.state is not LeadState.UPHELD:
        return _listed(lead)
    finding, verdicts = services.leads.open(lead.lead_id)
    if not upheld_by(lead, verdicts):  # a state can be written into the records, a verdict cannot
        raise ServerError("a lead is upheld without the verdicts for it")
    evidence = _evidence(lead, finding, verdicts)
    call.note(match=evidence)
    collection = _candidates.searched(services, lead, finding)
    choice = verdicts[0].choice
    found = None if choice is None else _candidates.match(services, collection, finding, choice)
    member = "FaceMatch" if finding.subject is Subject.FACE else "UserMatch"
    return _listed(lead) | {
        member: found,
        "Probe": finding.probe.logged,
        "Began": evidence["began"],
        "Ended": evidence["ended"],
        "Gallery": lead.gallery,
        "Model": finding.model_version,
        "ModelCards": dict(finding.model_cards),
        "Threshold": finding.threshold_pct,
        "VerifiedBy": evidence["verified_by"],
    }


@operation("beholden:ExpireLead", resource=_lead)
def expire_lead(services: Services, call: Call, request: OneLead) -> Json:
    """Destroy what a lead holds: its data key, and with it the probe in every backup."""
    lead = services.leads.expire(request["LeadId"])
    call.note(
        lead=lead.lead_id,
        lead_state=str(lead.state),
        destroyed=["data key", "probe", "candidates", "verdicts"],
    )
    return _listed(lead)


def told(finding: Finding, verdict: Verdict) -> Json:
    """A verdict as the log commits to it and a packet opens it."""
    return {
        "reviewer": verdict.reviewer,
        "candidate": _candidates.logged(finding, verdict.choice),
        "reason": verdict.reason,
    }


def _closed(lead: Lead, finding: Finding, verdicts: Sequence[Verdict]) -> Json:
    """What the log tells of a lead that is closed: nobody by name but who judged, and the face
    only if two people agree on it."""
    agreed = lead.state in (LeadState.UPHELD, LeadState.NO_MATCH)
    outcome: Json = {
        "lead_state": str(lead.state),
        "agreed": agreed,
        "candidate_count": len(finding.hits),
        "verdicts": [
            {"reviewer": one.reviewer, "found": one.choice is not None} for one in verdicts
        ],
    }
    if lead.state is LeadState.UPHELD:
        outcome["match"] = _evidence(lead, finding, verdicts)
    return outcome


def _evidence(lead: Lead, finding: Finding, verdicts: Sequence[Verdict]) -> Json:
    """What a released match is recorded with: use, gallery, model, threshold, and who verified."""
    return {
        "search": lead.call_id,
        "began": lead.began.isoformat(),
        "ended": lead.ended.isoformat(),
        "gallery": lead.gallery,
        "probe": finding.probe.logged,
        "model": finding.model_version,
        "model_cards": dict(finding.model_cards),
        "threshold_pct": finding.threshold_pct,
        "candidate": _candidates.logged(finding, verdicts[0].choice),
        "verified_by": [verdict.reviewer for verdict in verdicts],
        "verified_at": lead.closed_at.isoformat() if lead.closed_at else None,
    }


def _listed(lead: Lead) -> Json:
    return {
        "LeadId": lead.lead_id,
        "Purpose": lead.purpose,
        "Case": lead.case,
        "CollectionId": lead.collection_id,
        "SearchedAt": lead.ended.isoformat(),
        "State": str(lead.state),
        "ClosedAt": lead.closed_at.isoformat() if lead.closed_at else None,
    }


def _view(services: Services, lead: Lead, reviewer: str) -> str:
    """A short code that nobody knows who has not opened this lead under this name."""
    return services.hashes.of(f"review/{lead.lead_id}/{plain_name(reviewer)}".encode())[:8]


def _said(verdict: Verdict, numbers: Mapping[int, int]) -> Json:
    return {
        "Reviewer": verdict.reviewer,
        "Candidate": None if verdict.choice is None else numbers[verdict.choice],
        "Reason": verdict.reason,
        "At": verdict.at.isoformat(),
    }
