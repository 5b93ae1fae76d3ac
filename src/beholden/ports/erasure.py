"""Finding what is kept of a person, and forgetting it."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Sequence
from typing import Protocol

from beholden.domain.person import Person, Trace


class Traces(Protocol):
    def find(
        self, subjects: Names[str], user_ids: Names[str], face_ids: Names[str]
    ) -> Sequence[Trace]:
        """The faces enrolled under these ExternalImageIds, associated with these users, or of these
        ids, and these users, in every collection that has any."""
        ...


class PersonalData(Protocol):
    """A store that keeps something of people. Every store that does is one of these, and an erasure
    asks them all."""

    @property
    def kind(self) -> str:
        """What it keeps, as people call it, such as `consents`."""
        ...

    def count(self, person: Person) -> int:
        """How many things it keeps of a person."""
        ...

    def erase(self, person: Person) -> int:
        """Forget them, in backups too, and tell how many there were."""
        ...
