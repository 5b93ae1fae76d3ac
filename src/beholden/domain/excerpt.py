"""A part of the log that stands alone: some entries, and the proof that they are in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beholden.domain.alert import Pattern


@dataclass(frozen=True, slots=True)
class Matter:
    """One search by the id of its call, and the lead that it left, if it left one."""

    call_id: str
    lead_id: str | None = None

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(one for one in (self.call_id, self.lead_id) if one is not None)

    def concerns(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is of it, by what the server noted. What callers may write as they like
        (a case, a resource of another type) decides nothing."""
        facts = record["facts"]
        return (
            record["call"] == self.call_id
            or not self.ids.isdisjoint(facts.get("disclosed", ()))
            or (self.lead_id is not None and self._of_lead(record["resource"], facts))
            or self._drawn(record["action"], facts)
        )

    def _drawn(self, action: str, facts: Mapping[str, Any]) -> bool:
        """The subject of other alerts may be a case."""
        sample = action == "beholden:RaiseAlert" and facts["pattern"] == Pattern.SAMPLE
        return sample and facts["subject"] == self.call_id

    def _of_lead(self, resource: str, facts: Mapping[str, Any]) -> bool:
        return (
            self.lead_id == facts.get("lead")
            or self.lead_id in facts.get("ended_leads", ())
            or resource == f'Lead::"{self.lead_id}"'
        )


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry as it was hashed, where it stands, and its proof of inclusion as text (C2SP
    tlog-proof), which ends with the checkpoint that it leads to."""

    index: int
    entry: bytes
    proof: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Entries in their order, all proven against one `checkpoint` (a signed note) of the log whose
    verifier key, name+id+key, is `key`."""

    key: str
    checkpoint: str
    entries: tuple[ProvenEntry, ...]
