"""What a gallery is told and what it follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beholden.domain.arrays import Float16, Int64


class Subject(StrEnum):
    """What one vector of a gallery stands for."""

    FACE = "face"
    USER = "user"


@dataclass(frozen=True, slots=True)
class GalleryRef:
    """The searchable set of a collection's faces, or of its users."""

    collection_no: int
    subject: Subject


@dataclass(frozen=True, slots=True)
class Changes:
    """A batch of changes, in the order of the collection's change sequence.

    `put_nos` (n,) int64 and `put_vectors` (n, d) float16 were added or replaced; `dropped_nos`
    (m,) int64 were removed. No number stands in both. `seq` is the sequence number that the batch
    reaches; `more` says that another batch follows. Applying a batch twice changes nothing.
    """

    put_nos: Int64
    put_vectors: Float16
    dropped_nos: Int64
    seq: int
    more: bool
