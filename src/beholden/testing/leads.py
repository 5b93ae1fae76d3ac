"""Leads and pictures in memory, and leads made from a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Collection
from beholden.domain.gallery import Subject
from beholden.domain.lead import Finding, Hit, Lead, LeadState, Probe, Verdict
from beholden.ports.clock import Clock
from beholden.testing.records_state import State

AT = datetime(2024, 1, 1, tzinfo=UTC)


def a_lead(lead_id: str = "lead-1", **changed: object) -> Lead:
    """A lead that waits; `changed` replaces what it says."""
    lead = Lead(
        lead_id=lead_id,
        call_id=f"call of {lead_id}",
        searcher="ann",
        purpose="door",
        case="2024-7",
        collection_id="wanted",
        gallery="arn:wanted",
        began=AT,
        ended=AT,
    )
    return replace(lead, **changed)  # type: ignore[arg-type]


def a_finding(*subject_nos: int) -> Finding:
    """A search by a picture that found these faces, the best first."""
    hits = tuple(Hit(no, 99.0 - place) for place, no in enumerate(subject_nos))
    evidence = tuple({"face": f"f-{no}", "similarity_pct": 99.0} for no in subject_nos)
    probe = Probe("ef" * 32, b"\xff\xd8 a picture")
    return Finding(Subject.FACE, 1, "test-1", 80.0, probe, hits, evidence, "ab" * 32)


def a_verdict(reviewer: str, choice: int | None = None) -> Verdict:
    return Verdict(reviewer, f"AKIA-{reviewer}", AT, choice, "the ears", "cd" * 32)


class FakeLeads:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._leads: dict[str, Lead] = {}
        self._sealed: dict[str, tuple[Finding, list[Verdict]]] = {}

    def add(self, lead: Lead, finding: Finding) -> None:
        self._leads[lead.lead_id] = lead
        self._sealed[lead.lead_id] = (finding, [])

    def get(self, lead_id: str) -> Lead:
        if lead_id not in self._leads:
            raise ResourceNotFound(f"There is no lead {lead_id}.")
        return self._leads[lead_id]

    def by_call(self, call_id: str) -> Lead | None:
        return next((lead for lead in self._leads.values() if lead.call_id == call_id), None)

    def list(
        self, *, purpose: str | None = None, authorization: str | None = None
    ) -> Sequence[Lead]:
        return [
            lead
            for lead in self._leads.values()
            if purpose in (None, lead.purpose) and authorization in (None, lead.authorization)
        ]

    def open(self, lead_id: str) -> tuple[Finding, Sequence[Verdict]]:
        self.get(lead_id)
        if lead_id not in self._sealed:
            raise ResourceNotFound(f"The lead {lead_id} has expired.")
        finding, verdicts = self._sealed[lead_id]
        return finding, list(verdicts)

    def judge(self, lead_id: str, verdict: Verdict) -> Lead:
        _, earlier = self._sealed.get(lead_id, (None, []))
        lead = self.get(lead_id).judged(earlier, verdict)
        earlier.append(verdict)
        self._leads[lead_id] = lead
        return lead

    def expire(self, lead_id: str) -> Lead:
        lead = self.get(lead_id)
        if self._sealed.pop(lead_id, None) is not None:
            lead = replace(lead, state=LeadState.EXPIRED, closed_at=self._clock.now())
            self._leads[lead_id] = lead
        return lead


class FakePictures:
    def __init__(self, state: State) -> None:
        self._state = state

    def of(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, bytes]:
        shelf = self._state.shelves.get(collection.no)
        return {no: shelf.pictures[no] for no in nos if no in shelf.pictures} if shelf else {}

    def delete(self, collection: Collection, nos: Sequence[int]) -> None:
        shelf = self._state.shelves.get(collection.no)
        if shelf is not None:
            shelf.pictures = {no: one for no, one in shelf.pictures.items() if no not in nos}
