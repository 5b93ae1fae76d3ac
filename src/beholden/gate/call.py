"""What an operation is handed besides its request: the grant, and a place for its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from beholden.domain.access import Grant


@dataclass(slots=True)
class Call:
    """One allowed call while it runs. `facts` become the outcome record, before release."""

    call_id: str
    grant: Grant
    facts: dict[str, object] = field(default_factory=dict)

    def note(self, **facts: object) -> None:
        """Add evidence: probe hash, gallery, model version, thresholds, candidates."""
        self.facts.update(facts)
