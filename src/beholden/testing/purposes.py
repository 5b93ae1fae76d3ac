"""Purposes, bindings and consents in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from beholden.domain.consent import Consent
from beholden.domain.errors import ResourceNotFound
from beholden.domain.person import Person
from beholden.domain.purpose import Purpose
from beholden.ports.clock import Clock
from beholden.testing.records_state import Shelf, State, unknown


def a_purpose(name: str = "door-access", **terms: object) -> Purpose:
    """A purpose that is declared in full; `terms` replace what it says."""
    declared = Purpose(
        name=name,
        basis="contract of employment",
        consent=False,
        retention_days=30,
        threshold_floor_pct=None,
        floor_raises=False,
        review=False,
        attributes=frozenset(),
        report=None,
        declared_at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    return replace(declared, **terms)  # type: ignore[arg-type]


class FakePurposes:
    def __init__(self, state: State) -> None:
        self._state = state
        self._purposes: dict[str, Purpose] = {}

    def put(self, purpose: Purpose) -> None:
        self._purposes[purpose.name] = purpose

    def get(self, name: str) -> Purpose | None:
        return self._purposes.get(name)

    def list(self) -> Sequence[Purpose]:
        return [self._purposes[name] for name in sorted(self._purposes)]

    def bind(self, collection_id: str, purpose: str) -> None:
        with self._state.lock:
            shelf = self._shelf(collection_id)
            if shelf is None:
                raise unknown(collection_id)
            shelf.purposes.add(purpose)

    def unbind(self, collection_id: str, purpose: str) -> None:
        with self._state.lock:
            shelf = self._shelf(collection_id)
            if shelf is not None:
                shelf.purposes.discard(purpose)

    def bound(self, collection_id: str) -> frozenset[str] | None:
        shelf = self._shelf(collection_id)
        return None if shelf is None else frozenset(shelf.purposes)

    def collections(self, purpose: str) -> Sequence[str]:
        shelves = self._state.shelves.values()
        return [s.collection.collection_id for s in shelves if purpose in s.purposes]

    def _shelf(self, collection_id: str) -> Shelf | None:
        shelves = self._state.shelves.values()
        return next((s for s in shelves if s.collection.collection_id == collection_id), None)


class FakeConsents:
    kind = "consents"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[Consent, str]] = {}

    def add(self, consent: Consent, receipt: str) -> None:
        self._kept.pop((consent.subject, consent.purpose), None)
        self._kept[consent.subject, consent.purpose] = (consent, receipt)

    def withdraw(self, subject: str, purpose: str) -> Consent:
        consent, receipt = self._find(subject, purpose)
        if consent.withdrawn_at is None:
            consent = replace(consent, withdrawn_at=self._clock.now())
            self._kept[subject, purpose] = (consent, receipt)
        return consent

    def given(self, subject: str, purpose: str) -> bool:
        found = self._kept.get((subject, purpose))
        return found is not None and found[0].withdrawn_at is None

    def list(self, purpose: str | None = None) -> Sequence[Consent]:
        return [c for c, _ in self._kept.values() if purpose in (None, c.purpose)]

    def receipt(self, subject: str, purpose: str) -> str:
        return self._find(subject, purpose)[1]

    def count(self, person: Person) -> int:
        return sum(subject in person.subjects for subject, _ in self._kept)

    def erase(self, person: Person) -> int:
        count = self.count(person)
        kept = self._kept.items()
        self._kept = {key: one for key, one in kept if key[0] not in person.subjects}
        return count

    def _find(self, subject: str, purpose: str) -> tuple[Consent, str]:
        if (subject, purpose) not in self._kept:
            raise ResourceNotFound(f"No consent of {subject} to {purpose} is on file.")
        return self._kept[subject, purpose]
