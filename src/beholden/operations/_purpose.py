"""Operators see and change what is of their own purpose; administrators and auditors see all."""

from __future__ import annotations

from beholden.domain.errors import AccessDenied
from beholden.domain.roles import Role
from beholden.gate.call import Call


def everywhere(call: Call) -> bool:
    """Whether the caller's role reaches beyond the purpose of their key."""
    return call.grant.query.principal.role in (Role.ADMIN, Role.AUDITOR)


def reaches(call: Call, purpose: str) -> bool:
    return everywhere(call) or call.grant.query.principal.purpose == purpose


def check_purpose(call: Call, purpose: str, rule: str) -> None:
    """Raises AccessDenied, by this rule, to whoever works for another purpose."""
    if not reaches(call, purpose):
        raise AccessDenied(
            f"{rule}: this is for whoever works for its purpose; use a key or session with purpose "
            f"{purpose}"
        )
