"""Which rules hold: the profile, changes that wait for a second person, and why a call is decided
as it is. Not part of Rekognition's API: see docs/admin-api.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidParameter, ResourceNotFound
from beholden.domain.profile import Profile
from beholden.gate.call import Call
from beholden.gate.explain import Explanation, explain
from beholden.gate.registry import REGISTRY, Request, operation, resolved
from beholden.operations._services import Services
from beholden.operations._two_people import approve, change, make_or_propose, shown

Json = dict[str, Any]


class NewProfile(TypedDict):
    Profile: str


class OneProposal(TypedDict):
    Number: int


class Asked(TypedDict):
    """The call to explain: `Request` is the operation's own, as far as it matters."""

    KeyId: str
    Operation: str
    Request: NotRequired[dict[str, Any]]


def _policy(_request: Request) -> Resource:
    return Resource("Deployment", "policy")


@operation("beholden:ChooseProfile", resource=_policy)
def choose_profile(services: Services, call: Call, request: NewProfile) -> Json:
    """It holds from the next start on; from public-authority it takes two people."""
    names = [str(profile) for profile in Profile]
    if request["Profile"] not in names:
        raise InvalidParameter(f"A profile is one of {', '.join(names)}.")
    return make_or_propose(services, call, "profile", {"Profile": request["Profile"]})


@change("profile")
def _choose(services: Services, call: Call, what: Mapping[str, Any]) -> Json:
    profile = Profile(what["Profile"])
    services.profiles.choose(profile)
    call.note(profile=str(profile), was=str(services.profile))
    return {"Profile": str(profile), "Was": str(services.profile)}


@operation("beholden:Approve", resource=_policy)
def approve_proposal(services: Services, call: Call, request: OneProposal) -> Json:
    return approve(services, call, request["Number"])


@operation("beholden:Reject", resource=_policy)
def reject_proposal(services: Services, call: Call, request: OneProposal) -> Json:
    """Anybody who may approve may reject, whoever proposed it included."""
    proposal = services.proposals.get(request["Number"])
    services.proposals.close(proposal.no, call.grant.query.principal.name)
    call.note(rejected=shown(proposal))
    return {"Rejected": shown(proposal)}


@operation("beholden:ListProposals", resource=_policy, only_reads=True)
def list_proposals(services: Services, _call: Call, _request: Request) -> Json:
    return {"Proposals": [shown(proposal) for proposal in services.proposals.waiting()]}


@operation("beholden:ExplainPolicy", resource=_policy, only_reads=True)
def explain_policy(services: Services, call: Call, request: Asked) -> Json:
    found = services.keys.find(request["KeyId"])
    if found is None:
        raise ResourceNotFound(f"There is no key {request['KeyId']}.")
    asked_for = REGISTRY.get(request["Operation"])
    if asked_for is None:
        raise InvalidParameter(f"There is no operation {request['Operation']}.")
    key = found[0]
    call.note(explained=request["Operation"], key=key.key_id)
    try:
        found_out = resolved(REGISTRY, services, asked_for, request.get("Request", {}))
        why = explain(services.judge, found_out[0], key.principal, found_out[1])
    except KeyError as error:
        raise InvalidParameter(f"Say which {error.args[0]} the call would name.") from error
    disabled = {"KeyDisabled": key.disabled_at is not None}
    return _explained(why) | {"Profile": str(services.profile)} | disabled


def _explained(why: Explanation) -> Json:
    return {
        "Allowed": why.decision.allowed,
        "Reason": why.decision.reason,
        "Policies": list(why.decision.policies),
        "Facts": dict(why.facts),
        "Asked": dict(why.asked),
        "Granted": dict(why.granted) if why.decision.allowed else {},
        "WouldAllow": {"Roles": list(why.roles), "Facts": dict(why.changes)},
    }
