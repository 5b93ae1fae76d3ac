"""Access keys. Not part of Rekognition's API: see docs/admin-api.md."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidParameter
from beholden.domain.key import AccessKey
from beholden.domain.roles import Role
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations._services import Services


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
    """The only answer that ever holds the secret. Nobody gets the server's own role."""
    if request["Role"] not in set(Role):
        raise InvalidParameter(f"A role is one of {', '.join(Role)}.")
    key, secret = services.keys.create(
        request["Holder"], request["Role"], request["Purpose"], request.get("MayAssume", ())
    )
    call.note(key=_shown(key))
    return _shown(key) | {"Secret": secret}


@operation("beholden:ListKeys", resource=_keys, only_reads=True)
def list_keys(services: Services, _call: Call, _request: Request) -> dict[str, Any]:
    return {"Keys": [_shown(key) for key in services.keys.list()]}


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
