"""Leads to review, made from a few words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from beholden.domain.gallery import Subject
from beholden.domain.lead import Finding, Hit, Lead, Probe, Verdict

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
