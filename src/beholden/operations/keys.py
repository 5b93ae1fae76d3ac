"""Access keys. Not part of Rekognition's API: see docs/admin-api.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidParameter
from beholden.domain.key import AccessKey
from beholden.domain.people import plain_name, same_person
from beholden.domain.roles import Role
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._purpose import everywhere
from beholden.operations._services import Services
from beholden.operations._two_people import change, make_or_propose


class NewKey(TypedDict):
    """`MayAssume`: further purposes for which the holder may open sessions."""

    Holder: str
    Role: str
    Purpose: str
    MayAssume: NotRequired[list[str]]


class OneKey(TypedDict):
    KeyId: str


def _keys(_request: Request) -> Resource:
    return Resource("Deployment", "keys")


@operation("beholden:CreateKey", resource=_keys)
def create_key(services: Services, call: Call, request: NewKey) -> dict[str, Any]:
    """The only answer that ever holds the secret, or that of Approve: where two people must agree,
    one who makes up people at will would be both. Nobody gets the server's own role."""
    if request["Role"] not in set(Role):
        raise InvalidParameter(f"A role is one of {', '.join(Role)}.")
    if not request["Holder"].strip():
        raise InvalidParameter("A key has a holder: the name of a person.")
    if _one_administrator(services):
        return _create(services, call, request)
    return make_or_propose(services, call, "key", request)


def _one_administrator(services: Services) -> bool:
    """Whether nobody else could agree: there never was an administrator of another name. Keys that
    were disabled count, so that nobody gets to be the only one."""
    holders = (key.holder for key in services.keys.list() if key.role == Role.ADMIN)
    return len({plain_name(holder) for holder in holders}) < 2


@change("key")
def _create(services: Services, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    key, secret = services.keys.create(
        request["Holder"], request["Role"], request["Purpose"], request.get("MayAssume", ())
    )
    call.note(key=_shown(key))
    declared = services.purposes.get(key.purpose) is not None
    return _shown(key) | {"Secret": secret, "PurposeDeclared": declared}


@operation("beholden:ListKeys", resource=_keys, only_reads=True)
def list_keys(services: Services, call: Call, _request: Request) -> dict[str, Any]:
    """One's own; administrators and auditors see all of them."""
    name = call.grant.query.principal.name
    known = services.keys.list()
    theirs = [key for key in known if everywhere(call) or same_person(key.holder, name)]
    return {"Keys": [_shown(key) for key in theirs]}


@operation("beholden:DisableKey", resource=_keys)
def disable_key(services: Services, call: Call, request: OneKey) -> dict[str, Any]:
    key = services.keys.disable(request["KeyId"])
    call.note(key=_shown(key))
    return _shown(key)


def _shown(key: AccessKey) -> dict[str, Any]:
    return {
        "KeyId": key.key_id,
        "Holder": key.holder,
        "Role": key.role,
        "Purpose": key.purpose,
        "MayAssume": list(key.may_assume),
        "CreatedAt": key.created_at.isoformat(),
        "DisabledAt": key.disabled_at.isoformat() if key.disabled_at else None,
    }
