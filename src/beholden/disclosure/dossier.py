"""What is known of one search: its records, and what they committed to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beholden.domain.excerpt import Excerpt

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a record committed to, under `fact`, with the salt (hex) that shows it."""

    entry: int
    fact: str
    salt: str
    value: object


@dataclass(frozen=True, slots=True)
class Dossier:
    """`call_id` names the search, `search` the index of the record of what came of it; `state` is
    that of its lead, None if none was kept. `probe` is the picture that was searched for, as far
    as it is kept; `cards` are model cards as bytes, by model."""

    call_id: str
    search: int
    state: str | None
    excerpt: Excerpt
    openings: Sequence[Opening]
    probe: bytes | None
    cards: Mapping[str, bytes]
    made_at: datetime
    made_by: str

    def records(self) -> list[tuple[int, Json]]:
        """(index, record) in the order of the log."""
        return [(one.index, json.loads(one.entry)) for one in self.excerpt.entries]

    def record(self) -> Json:
        """Of what came of the search."""
        return dict(self.records())[self.search]

    def candidates(self) -> list[Json] | None:
        """All candidates, the best first; None if their lead was destroyed before it was opened."""
        logged = self.record()["facts"].get("candidates", [])
        if isinstance(logged, list):
            return logged
        if "committed" in logged:
            return next((list(o.value) for o in self.openings if o.fact == "candidates"), None)  # type: ignore[call-overload]
        return [one for _, record in self.records() for one in _page(record, self.call_id)]

    def verdicts(self) -> list[Json]:
        """What the reviewers said, each with the index of their record."""
        return [
            {"entry": opening.entry, **opening.value}  # type: ignore[dict-item]
            for opening in self.openings
            if opening.fact == "verdict"
        ]


def _page(record: Json, call_id: str) -> list[Json]:
    facts: Json = record["facts"]
    mine = record["call"] == call_id and record["kind"] == "evidence"
    return list(facts["candidates"]) if mine and facts.get("of") == "candidates" else []
