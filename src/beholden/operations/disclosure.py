"""Disclosure packets (rule 17): what happened in one search, with proofs, for the person searched
for or their defence."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypedDict

from beholden.disclosure.dossier import Dossier, Opening
from beholden.disclosure.packet import build
from beholden.domain.access import Resource
from beholden.domain.errors import ConflictingState, ResourceNotFound
from beholden.domain.excerpt import Excerpt, Matter
from beholden.domain.lead import Lead, LeadState
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _candidates
from beholden.operations._services import Services
from beholden.operations.review import told

Json = dict[str, Any]

JUDGED = "beholden:JudgeLead"


class OneSearch(TypedDict):
    """`Id` is a search's call id, as the log shows it, or that of its lead."""

    Id: str


def _disclosures(_request: Request) -> Resource:
    return Resource("Deployment", "disclosures")


@operation("beholden:Disclose", resource=_disclosures)
def disclose(services: Services, call: Call, request: OneSearch) -> Json:
    """A packet of one search, in base64. While a lead waits there is none: it would tell reviewers
    what they must not know yet."""
    lead = _lead(services, request["Id"])
    if lead is not None and lead.state is LeadState.WAITING:
        raise ConflictingState("This lead waits for its reviewers: disclose it when it is closed.")
    matter = Matter(lead.call_id, lead.lead_id) if lead else Matter(request["Id"])
    dossier = _dossier(services, call, lead, matter.call_id, services.excerpts.about(matter))
    packet = build(dossier, services.excerpts.sign)
    sha256 = hashlib.sha256(packet).hexdigest()
    call.note(
        disclosed=sorted(matter.ids), packet_sha256=sha256, records=len(dossier.excerpt.entries)
    )
    return {"Packet": _candidates.encoded(packet), "Sha256": sha256, "CallId": matter.call_id}


def _lead(services: Services, one: str) -> Lead | None:
    try:
        return services.leads.get(one)
    except ResourceNotFound:
        return services.leads.by_call(one)


def _dossier(
    services: Services, call: Call, lead: Lead | None, call_id: str, excerpt: Excerpt
) -> Dossier:
    records = {one.index: json.loads(one.entry) for one in excerpt.entries}
    of_search = [
        index
        for index, record in records.items()
        if record["call"] == call_id and record["kind"] == "outcome"
    ]
    if not of_search or "candidates" not in records[of_search[0]]["facts"]:
        raise ResourceNotFound(f"The log knows of no search {call_id} that gave an answer.")
    probe, openings = _opened(services, lead, records)
    named = records[of_search[0]]["facts"].get("model_cards", {})
    return Dossier(
        call_id=call_id,
        search=of_search[0],
        state=str(lead.state) if lead else None,
        excerpt=excerpt,
        openings=openings,
        probe=probe,
        cards={n: services.cards[n] for n, sha256 in named.items() if _is(services, n, sha256)},
        made_at=call.grant.issued_at,
        made_by=call.grant.query.principal.name,
    )


def _opened(
    services: Services, lead: Lead | None, records: dict[int, Any]
) -> tuple[bytes | None, list[Opening]]:
    """The probe's picture and what the records committed to, as far as they are kept."""
    if lead is None or lead.state is LeadState.EXPIRED:
        return None, []
    finding, verdicts = services.leads.open(lead.lead_id)
    openings = []
    for index, record in records.items():
        if record["kind"] != "outcome":
            continue
        if record["call"] == lead.call_id:
            openings.append(Opening(index, "candidates", finding.salt, list(finding.evidence)))
        elif (record["action"], record["facts"].get("lead")) == (JUDGED, lead.lead_id):
            (said,) = (one for one in verdicts if one.reviewer == record["principal"])
            openings.append(Opening(index, "verdict", said.salt, told(finding, said)))
    return finding.probe.picture, openings


def _is(services: Services, name: str, sha256: str) -> bool:
    """Whether the card in use is still the one that the search was bound to."""
    return name in services.cards and hashlib.sha256(services.cards[name]).hexdigest() == sha256
