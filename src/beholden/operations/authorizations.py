"""Authorizations (rules 5 and 6): asked for, approved by other people, ended; and the emergency
start, which is undone unless it is approved in time. Not part of Rekognition's API."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Resource
from beholden.domain.authorization import Approval, Authorization, End, Scope
from beholden.domain.errors import AccessDenied, InvalidParameter
from beholden.domain.lead import LeadState
from beholden.domain.people import same_person
from beholden.domain.roles import Role
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._names import new_id
from beholden.operations._purpose import check_purpose, reaches
from beholden.operations._services import Services

Json = dict[str, Any]

RULE = "authorization-purpose"
LONGEST = timedelta(days=365)


class NewAuthorization(TypedDict):
    """`Cameras` makes it one for live pictures; `People` are external image ids (or user ids);
    times are ISO 8601, `StartsAt` is now unless it is given."""

    Basis: str
    Purpose: str
    Collections: list[str]
    ExpiresAt: str
    StartsAt: NotRequired[str]
    Cameras: NotRequired[list[str]]
    People: NotRequired[list[str]]
    Case: NotRequired[str]


class EmergencyStart(NewAuthorization):
    Reason: str


class OneAuthorization(TypedDict):
    AuthorizationId: str


def _authorizations(_request: Request) -> Resource:
    return Resource("Deployment", "authorizations")


@operation("beholden:RequestAuthorization", resource=_authorizations)
def request_authorization(services: Services, call: Call, request: NewAuthorization) -> Json:
    """Nothing may be done under it until as many other people have approved it as the profile
    asks for."""
    return _added(services, call, _asked(services, call, request))


@operation("beholden:StartEmergency", resource=_authorizations)
def start_emergency(services: Services, call: Call, request: EmergencyStart) -> Json:
    """Work may begin at once, and what it finds is deleted unless others approve in time."""
    if not request["Reason"].strip():
        raise InvalidParameter("An emergency start has a reason.")
    if "StartsAt" in request:
        raise InvalidParameter("An emergency starts now.")
    asked = replace(_asked(services, call, request), emergency=request["Reason"])
    _check_no_other(services, asked)
    return _added(services, call, asked)


@operation("beholden:ApproveAuthorization", resource=_authorizations)
def approve_authorization(services: Services, call: Call, request: OneAuthorization) -> Json:
    who = call.grant.query.principal
    approval = Approval(who.name, who.key_id, call.grant.issued_at)
    approved = services.authorizations.change(
        request["AuthorizationId"],
        lambda one: one.with_approval(approval),
    )
    call.note(approved=evidence(services, approved))
    return shown(services, approved)


@operation("beholden:RevokeAuthorization", resource=_authorizations)
def revoke_authorization(services: Services, call: Call, request: OneAuthorization) -> Json:
    """It ends at once. An emergency start that is not approved yet is thereby rejected, and what
    was found under it is deleted: once reviewers have upheld any of that, only an administrator
    who could have approved it does so."""
    who, now = call.grant.query.principal, call.grant.issued_at
    _check_may_undo(services, call, _of_their_purpose(services, call, request))
    revoked = services.authorizations.change(
        request["AuthorizationId"],
        lambda one: one.revoked(who.name, now),
    )
    call.note(revoked=evidence(services, revoked))
    if revoked.to_clear:
        call.note(deleted=[_clear(services, revoked, now)])
    return shown(services, services.authorizations.get(revoked.authorization_id))


@operation("beholden:ListAuthorizations", resource=_authorizations, only_reads=True)
def list_authorizations(services: Services, call: Call, _request: Request) -> Json:
    found = services.authorizations.list()
    theirs = [one for one in found if reaches(call, one.scope.purpose)]
    return {"Authorizations": [shown(services, one) for one in theirs]}


@operation("beholden:ShowAuthorization", resource=_authorizations, only_reads=True)
def show_authorization(services: Services, call: Call, request: OneAuthorization) -> Json:
    return shown(services, _of_their_purpose(services, call, request))


@operation("beholden:SweepAuthorizations", resource=_authorizations)
def sweep_authorizations(services: Services, call: Call, _request: Request) -> Json:
    """End what the clock has ended, and delete what was found under what nobody approved."""
    now = call.grant.issued_at
    due = [one for one in services.authorizations.open() if one.due(now)]
    ended = [_ended(services, one, now) for one in due if one.end is None]
    call.note(closed=[evidence(services, one) for one in ended])
    undone = [one for one in (*ended, *(one for one in due if one.end)) if one.to_clear]
    call.note(deleted=[_clear(services, one, now) for one in undone])
    return {"Ended": len(ended), "Cleared": len(undone)}


def _ended(services: Services, one: Authorization, now: datetime) -> Authorization:
    def end(current: Authorization) -> Authorization:
        over = current.end or current.over(now)
        return replace(current, end=over, ended_at=current.ended_at or (now if over else None))

    return services.authorizations.change(one.authorization_id, end)


def _clear(services: Services, one: Authorization, now: datetime) -> Json:
    """Delete from every store that keeps results; how many, by kind."""
    counts = {store.kind: store.delete(one.authorization_id) for store in services.results}
    services.authorizations.change(
        one.authorization_id, lambda current: replace(current, cleared_at=now)
    )
    return {"authorization": one.authorization_id} | counts


def _asked(services: Services, call: Call, request: NewAuthorization) -> Authorization:
    who, now = call.grant.query.principal, call.grant.issued_at
    check_purpose(call, request["Purpose"], RULE)
    starts = _time(request["StartsAt"]) if "StartsAt" in request else now
    asked = Authorization(
        authorization_id=new_id(),
        scope=_scope(request),
        basis=request["Basis"],
        requester=who.name,
        requested_at=now,
        starts_at=starts,
        expires_at=_time(request["ExpiresAt"]),
        approvers=services.profile.approvers,
    )
    if not asked.basis.strip() or not asked.scope.collections:
        raise InvalidParameter("An authorization has a basis, and names at least one collection.")
    if not now < asked.expires_at <= starts + LONGEST or starts >= asked.expires_at:
        raise InvalidParameter("An authorization ends after it starts, within a year.")
    return asked


def _of_their_purpose(services: Services, call: Call, request: OneAuthorization) -> Authorization:
    """It names whom people look for: nothing for whoever works for another purpose."""
    one = services.authorizations.get(request["AuthorizationId"])
    check_purpose(call, one.scope.purpose, RULE)
    return one


def _check_may_undo(services: Services, call: Call, one: Authorization) -> None:
    """Who searched does not do away with what two people have upheld, nor do their colleagues."""
    who = call.grant.query.principal
    if one.emergency is None or one.approved():
        return
    if who.role == Role.ADMIN and not same_person(who.name, one.requester):
        return
    leads = services.leads.list(authorization=one.authorization_id)
    if any(lead.state is LeadState.UPHELD for lead in leads):
        raise AccessDenied(
            "upheld-evidence: two people have upheld a lead under this emergency start; it takes "
            f"an administrator other than {one.requester} to reject it"
        )


def _scope(request: NewAuthorization) -> Scope:
    people = request.get("People")
    return Scope(
        purpose=request["Purpose"],
        collections=tuple(request["Collections"]),
        cameras=tuple(request.get("Cameras", ())),
        people=tuple(people) if people is not None else None,
        case=request.get("Case"),
    )


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidParameter(f"{text} is not a time in ISO 8601.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_no_other(services: Services, asked: Authorization) -> None:
    """One emergency start after another would need no approval, ever."""
    for one in services.authorizations.list():
        if one.emergency is None or one.scope.purpose != asked.scope.purpose:
            continue
        waits = one.end is None and not one.approved(services.profile.approvers)
        if waits or one.bars(asked.starts_at):
            raise AccessDenied(
                f"emergency-again: the emergency start {one.authorization_id} for this purpose "
                f"{'waits for approval' if waits else 'was not approved'}; have that one approved, "
                "or ask for an authorization: beholden authorizations request"
            )


def _added(services: Services, call: Call, asked: Authorization) -> Json:
    services.authorizations.add(asked)
    call.note(requested=evidence(services, asked))
    return shown(services, asked)


def evidence(services: Services, one: Authorization) -> Json:
    """What the log keeps: people and the reason as salted hashes, erased people as before."""
    hashed = services.hashes.of
    told = shown(services, one)
    people, erased = one.scope.people, told.pop("Erased")
    return told | {
        "Reason": hashed(one.emergency.encode()) if one.emergency else None,
        "People": [*(hashed(name.encode()) for name in people), *erased]
        if people is not None
        else None,
    }


def shown(services: Services, one: Authorization) -> Json:
    scope = one.scope
    return {
        "AuthorizationId": one.authorization_id,
        "State": _state(services, one),
        "Basis": one.basis,
        "Purpose": scope.purpose,
        "Collections": list(scope.collections),
        "Cameras": list(scope.cameras),
        "People": list(scope.people) if scope.people is not None else None,
        "Erased": list(scope.erased),
        "Case": scope.case,
        "RequestedBy": one.requester,
        "RequestedAt": one.requested_at.isoformat(),
        "StartsAt": one.starts_at.isoformat(),
        "ExpiresAt": one.expires_at.isoformat(),
        "Reason": one.emergency,
        "ApproveBy": _iso(one.deadline),
        "ApprovedBy": [approval.approver for approval in one.approvals],
        "ApproversNeeded": max(one.approvers, services.profile.approvers),
        "EndedAt": _iso(one.ended_at),
        "EndedBy": one.ended_by,
        "ResultsDeletedAt": _iso(one.cleared_at),
    }


def _state(services: Services, one: Authorization) -> str:
    """In a word: how it ended, or whether it waits for approval."""
    if one.end is not None:
        return str(End(one.end))
    return "approved" if one.approved(services.profile.approvers) else "waiting"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
