"""STS: sessions, so that a purpose or a case changes without a new key. AWS's own API, as far as
`AssumeRole` and `GetCallerIdentity` go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from beholden.domain.access import Resource
from beholden.domain.errors import ResourceNotFound, ValidationFailed
from beholden.domain.key import AccessKey, NewSession
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._services import Services

DEFAULT_SECONDS = 3600
TAGS = ("purpose", "case")
# What would narrow or vouch for a session elsewhere must not be passed over in silence here.
UNUSED = frozenset(
    {
        "Policy",
        "PolicyArns",
        "TransitiveTagKeys",
        "ExternalId",
        "SerialNumber",
        "TokenCode",
        "SourceIdentity",
        "ProvidedContexts",
    }
)
_ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/([a-z]+)")


def _sessions(_request: Request) -> Resource:
    return Resource("Deployment", "sessions")


def asks_session(request: Mapping[str, Any]) -> dict[str, object]:
    """Which session is asked for. Without a tag `purpose` it is for that of the key."""
    tags = _tags(request)
    asked = {"session_role": _role(request)[1], "session_case": tags.get("case")}
    asked["session_purpose"] = tags.get("purpose")
    return {name: value for name, value in asked.items() if value is not None}


@operation("sts:AssumeRole", resource=_sessions, context=asks_session)
def assume_role(services: Services, call: Call, request: Request) -> dict[str, Any]:
    """The only answer that ever holds the secret and the token."""
    account, role = _role(request)
    if account != services.account.account_id:
        raise ValidationFailed(f"This is account {services.account.account_id}, not {account}.")
    found = services.keys.find(call.grant.query.principal.key_id)
    if found is None:
        raise ResourceNotFound("The key of this call is gone.")
    tags, parent = _tags(request), found[0]
    seconds = request.get("DurationSeconds", DEFAULT_SECONDS)
    new = NewSession(
        role=role,
        purpose=tags.get("purpose", parent.purpose),
        name=request["RoleSessionName"],
        expires_at=call.grant.issued_at + timedelta(seconds=seconds),
        case=tags.get("case"),
    )
    session, secret, token = services.keys.open_session(parent, new)
    call.note(session=_evidence(session))
    return {
        "Credentials": {
            "AccessKeyId": session.key_id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": session.expires_at,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"{session.key_id}:{session.session_name}",
            "Arn": _arn(services, session),
        },
    }


@operation("sts:GetCallerIdentity", resource=_sessions, only_reads=True)
def get_caller_identity(services: Services, call: Call, _request: Request) -> dict[str, Any]:
    key_id = call.grant.query.principal.key_id
    found = services.keys.find(key_id)
    if found is None:
        raise ResourceNotFound("The key of this call is gone.")
    account = services.account.account_id
    return {"UserId": key_id, "Account": account, "Arn": _arn(services, found[0])}


def _role(request: Mapping[str, Any]) -> tuple[str, str]:
    """Account and role of the RoleArn."""
    match = _ROLE_ARN.fullmatch(request["RoleArn"])
    if match is None:
        raise ValidationFailed("A RoleArn here is arn:aws:iam::ACCOUNT:role/ROLE (see `keys`).")
    return match[1], match[2]


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    unused = sorted(UNUSED & request.keys())
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    unused += [f"tag {name}" for name in tags if name not in TAGS]
    if unused:
        raise ValidationFailed(
            f"Not used here, and so not passed over: {', '.join(unused)}. Tags of a session are "
            f"{' and '.join(TAGS)}."
        )
    if len(tags) < len(request.get("Tags", ())):
        raise ValidationFailed("A tag of a session is given once.")
    if any(not value.strip() for value in tags.values()):
        raise ValidationFailed("A tag of a session has a value.")
    return tags


def _arn(services: Services, key: AccessKey) -> str:
    account = services.account.account_id
    if key.parent is None:
        return f"arn:aws:iam::{account}:user/{key.holder}"
    return f"arn:aws:sts::{account}:assumed-role/{key.role}/{key.session_name}"


def _evidence(session: AccessKey) -> dict[str, Any]:
    return {
        "key": session.key_id,
        "name": session.session_name,
        "role": session.role,
        "purpose": session.purpose,
        "case": session.case,
        "expires": session.expires_at.isoformat() if session.expires_at else None,
    }
