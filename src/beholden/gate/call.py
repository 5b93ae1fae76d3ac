"""What an operation is handed besides its request: the grant, and a place for its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from beholden.domain.access import Grant
from beholden.domain.lead import Finding


@dataclass(slots=True)
class Call:
    """One allowed call while it runs. `facts` become the outcome record, before release; `found` is
    what a search saw, for a rule that withholds it, and never stands in a record."""

    call_id: str
    grant: Grant
    facts: dict[str, object] = field(default_factory=dict)
    found: Finding | None = None

    def note(self, **facts: object) -> None:
        """Add evidence: probe hash, gallery, model version, thresholds, candidates."""
        self.facts.update(facts)
