"""What is known of a call besides what it asks for: policies and restrictions decide by it.

Facts are looked up afresh for every call, before the policy is asked, and stand in the log with
the decision that they led to. A caller cannot set one: facts take precedence over what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from beholden.domain.access import Query
from beholden.domain.errors import ResourceNotFound
from beholden.domain.people import same_person
from beholden.domain.purpose import Purpose
from beholden.gate.registry import Request
from beholden.ports.clock import Clock
from beholden.ports.leads import Leads
from beholden.ports.purposes import Consents, Purposes

Facts = Mapping[str, object]


class FactSource(Protocol):
    """Where facts of one kind come from. The Cedar schema names each fact."""

    def of(self, query: Query, request: Request) -> Facts:
        """What is known at this moment. Raises rather than guess."""
        ...


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """The terms of the caller's purpose, and whether this call keeps to what they bind it to."""

    purposes: Purposes
    consents: Consents
    clock: Clock

    def of(self, query: Query, request: Request) -> Facts:
        purpose = self.purposes.get(query.principal.purpose)
        return {
            **(self._terms(purpose) if purpose else _UNDECLARED),
            "gallery_bound": self._bound(query),
            "consent_given": self._consent(query, request),
        }

    def _terms(self, purpose: Purpose) -> dict[str, object]:
        terms: dict[str, object] = {
            "purpose_declared": True,
            "purpose_complete": not purpose.lacks,
            "purpose_ended": purpose.ended_at is not None,
            "report_current": purpose.report is not None
            and purpose.report.current(self.clock.now()),
            "consent_required": purpose.consent,
            "review": purpose.review,
            "authorization_required": purpose.authorization,
            "floor_raises": purpose.floor_raises,
            "sensitive_allowed": sorted(purpose.attributes),
        }
        if purpose.threshold_floor_pct is not None:
            terms["floor_pct"] = purpose.threshold_floor_pct
        return terms

    def _bound(self, query: Query) -> bool:
        """True, too, where there is no collection to bind: the operation itself will say so."""
        if query.resource.type != "Collection":
            return True
        bound = self.purposes.bound(query.resource.id)
        return bound is None or query.principal.purpose in bound

    def _consent(self, query: Query, request: Request) -> bool:
        subject = request.get("ExternalImageId")
        return subject is not None and self.consents.given(subject, query.principal.purpose)


# What holds for a key whose purpose nobody declared: no terms, and no sensitive attributes.
_UNDECLARED: Facts = {
    "purpose_declared": False,
    "purpose_complete": False,
    "purpose_ended": False,
    "report_current": False,
    "consent_required": False,
    "review": False,
    "authorization_required": False,
    "floor_raises": False,
    "sensitive_allowed": [],
}


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What the caller has to do with the lead that a call is about; nothing of other calls, nor of
    a lead that does not exist: the operation itself will say so."""

    leads: Leads

    def of(self, query: Query, _request: Request) -> Facts:
        if query.resource.type != "Lead":
            return {}
        try:
            lead = self.leads.get(query.resource.id)
        except ResourceNotFound:
            return {}
        who = query.principal
        return {
            "own_search": same_person(who.name, lead.searcher),
            "has_judged": lead.judged_by(who.name),
            "same_purpose": who.purpose == lead.purpose,
        }
