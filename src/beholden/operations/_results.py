"""Stores of what was found under an authorization (rule 6): leads and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beholden.domain.lead import LeadState
from beholden.ports.jobs import Jobs
from beholden.ports.leads import Leads


@dataclass(frozen=True, slots=True)
class LeadResults:
    """A lead that expires leaves nothing but that there was one."""

    leads: Leads
    kind = "leads"

    def delete(self, authorization_id: str) -> int:
        found = self.leads.list(authorization=authorization_id)
        left = [lead for lead in found if lead.state is not LeadState.EXPIRED]
        for lead in left:
            self.leads.expire(lead.lead_id)
        return len(left)


@dataclass(frozen=True, slots=True)
class JobResults:
    """Jobs, those under way too: whoever works on one loses it."""

    jobs: Jobs
    kind = "jobs"

    def delete(self, authorization_id: str) -> int:
        left = [job for job in self.jobs.list() if _under(job.grant) == authorization_id]
        for job in left:
            self.jobs.destroy(job.job_id)
        return len(left)


def _under(grant: Mapping[str, Any]) -> object:
    """The authorization of a stored grant (see Gate.store)."""
    return grant["grant"].get("query", {}).get("context", {}).get("authorization")
