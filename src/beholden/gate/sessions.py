"""What is known of a session that somebody wants to open: whether it goes beyond their key."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.domain.access import Query
from beholden.domain.roles import Role
from beholden.gate.facts import Facts
from beholden.gate.registry import Request
from beholden.ports.purposes import Purposes
from beholden.ports.records import Keys

ASSUME_ROLE = "sts:AssumeRole"


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """Nothing of other calls."""

    keys: Keys
    purposes: Purposes

    def of(self, query: Query, _request: Request) -> Facts:
        if query.action != ASSUME_ROLE:
            return {}
        found = self.keys.find(query.principal.key_id)
        wanted = str(query.context.get("session_purpose", query.principal.purpose))
        own = wanted == query.principal.purpose
        purpose = self.purposes.get(wanted)
        return {
            "from_session": found is not None and found[0].parent is not None,
            "role_covered": _covered(query.principal.role, str(query.context["session_role"])),
            "purpose_of_key": own or (found is not None and wanted in found[0].may_assume),
            "purpose_open": own or (purpose is not None and purpose.ended_at is None),
        }


def _covered(role: str, wanted: str) -> bool:
    known = {str(one) for one in Role}
    return {role, wanted} <= known and Role(role).covers(Role(wanted))
