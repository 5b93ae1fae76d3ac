"""What is kept of people, for how long, and what its end looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from beholden.domain.face import Collection


@dataclass(frozen=True, slots=True)
class Kept:
    """Faces of one collection that were enrolled for one purpose (empty: nobody wrote down which),
    how many of them are held, and when the first and the last of them were enrolled."""

    collection_id: str
    purpose: str
    faces: int
    held: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """Faces of one collection whose term is over, by face id."""

    collection: Collection
    face_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """A data key that is no more: what it sealed and was still wanted, `sealed_anew` texts, is
    sealed with another. Whatever else it sealed, nobody can read, in no backup either."""

    name: str
    sealed_anew: int
