"""Leads, sealed each with a data key of its own, and the pictures that reviewers judge by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from beholden.domain.face import Collection
from beholden.domain.lead import Finding, Lead, Verdict


class Leads(Protocol):
    def add(self, lead: Lead, finding: Finding) -> None:
        """Keep a new lead, durable on return."""
        ...

    def get(self, lead_id: str) -> Lead:
        """Raises ResourceNotFound."""
        ...

    def by_call(self, call_id: str) -> Lead | None:
        """The lead that a search left."""
        ...

    def list(
        self, *, purpose: str | None = None, authorization: str | None = None
    ) -> Sequence[Lead]:
        """In the order of their searches, those of one purpose or authorization, or all."""
        ...

    def open(self, lead_id: str) -> tuple[Finding, Sequence[Verdict]]:
        """What was found, and the verdicts so far. Raises ResourceNotFound, also for a lead that
        has expired."""
        ...

    def judge(self, lead_id: str, verdict: Verdict) -> Lead:
        """Add a verdict and tell what became of the lead: one at a time, whoever comes together.
        Raises ResourceNotFound, and what `Lead.judged` raises."""
        ...

    def expire(self, lead_id: str) -> Lead:
        """Destroy the data key and all that it sealed; what is left says that there was a lead.
        A no-op if it has expired. Raises ResourceNotFound."""
        ...


class Pictures(Protocol):
    """JPEG pictures of enrolled faces, kept where a purpose demands review (`NewFace.picture`)
    under the collection's data key. They go with their face and with their collection."""

    def of(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, bytes]:
        """By face number; those without a picture are left out."""
        ...

    def delete(self, collection: Collection, nos: Sequence[int]) -> None:
        """Faces stay; those without a picture are a no-op."""
        ...
