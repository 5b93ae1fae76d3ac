"""What is known of a job when somebody asks for its results, or to end it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from beholden.domain.access import Query
from beholden.domain.errors import ResourceNotFound
from beholden.gate.facts import Facts
from beholden.gate.registry import Request
from beholden.ports.authorizations import Authorizations
from beholden.ports.clock import Clock
from beholden.ports.jobs import Jobs
from beholden.ports.purposes import Purposes

# What the start of a job asked for binds its results, too: a floor that was raised since holds.
ASKED = ("threshold_pct", "attributes", "authorization")


@dataclass(frozen=True, slots=True)
class JobFacts:
    """Results are released for the purpose that they were searched for, while that may still use
    the gallery; `authorized`, if there is an authorization that they rest on, says whether that
    lets them be told. Nothing of a job that does not exist (the operation itself will say so), nor
    for administrators' own verbs: anybody's job can be cancelled."""

    jobs: Jobs
    purposes: Purposes
    authorizations: Authorizations
    clock: Clock

    def of(self, query: Query, _request: Request) -> Facts:
        if query.resource.type != "Job" or query.action.startswith("beholden:"):
            return {}
        try:
            job = self.jobs.get(query.resource.id)
        except ResourceNotFound:
            return {}
        purpose = query.principal.purpose
        stored: Any = job.grant["grant"]
        asked = stored["query"]
        searched = asked["resource"]["id"] if asked["resource"]["type"] == "Collection" else ""
        bound = self.purposes.bound(searched)
        context = asked["context"]
        return {
            "same_purpose": purpose == job.purpose,
            "gallery_bound": bound is None or purpose in bound,
            "authorized": self._releases(context.get("authorization")),
            **{name: context[name] for name in ASKED if name in context},
        }

    def _releases(self, authorization_id: str | None) -> bool:
        """Not once it is deleted, either."""
        if authorization_id is None:
            return False
        try:
            return self.authorizations.get(authorization_id).releases(self.clock.now())
        except ResourceNotFound:
            return False
