"""Changes that take two people under a profile that says so, and one under the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from beholden.domain.errors import AccessDenied
from beholden.domain.people import same_person
from beholden.domain.proposal import Proposal
from beholden.gate.call import Call
from beholden.operations._services import Services

Json = dict[str, Any]
Change = Callable[[Services, Call, Mapping[str, Any]], Json]

CHANGES: dict[str, Change] = {}


def change(kind: str) -> Callable[[Change], Change]:
    """Register how a change of this kind is made, once nobody else has to agree."""

    def register(make: Change) -> Change:
        CHANGES[kind] = make
        return make

    return register


def make_or_propose(services: Services, call: Call, kind: str, what: Mapping[str, Any]) -> Json:
    """Make the change, or keep it until another person approves it. `what` is JSON."""
    if not services.profile.two_people:
        return CHANGES[kind](services, call, what)
    proposal = services.proposals.add(kind, what, call.grant.query.principal.name)
    call.note(proposed=shown(proposal))
    return {"Proposal": shown(proposal)}


def approve(services: Services, call: Call, no: int) -> Json:
    """Make a change that somebody else proposed. Raises AccessDenied to whoever proposed it, under
    whichever of their keys; ResourceNotFound if it does not wait (any more)."""
    proposal = services.proposals.get(no)
    approver = call.grant.query.principal.name
    call.note(approved=shown(proposal))
    if same_person(approver, proposal.proposed_by):
        raise AccessDenied(
            f"two-people: {proposal.proposed_by} proposed this; it takes an administrator of "
            "another name to approve it: beholden init --approve NUMBER"
        )
    services.proposals.close(no, approver)
    return CHANGES[proposal.kind](services, call, proposal.what)


def shown(proposal: Proposal) -> Json:
    return {
        "Number": proposal.no,
        "Kind": proposal.kind,
        "Change": dict(proposal.what),
        "ProposedBy": proposal.proposed_by,
        "ProposedAt": proposal.proposed_at.isoformat(),
    }
