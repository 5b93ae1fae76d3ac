"""A person, as an erasure sees one: names that callers gave, and what is enrolled under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beholden.domain.face import Collection, Face, Hold, User


@dataclass(frozen=True, slots=True)
class Trace:
    """What one collection holds of a person."""

    collection: Collection
    faces: Sequence[Face] = ()
    users: Sequence[User] = ()

    @property
    def erasable(self) -> Sequence[Face]:
        """Faces that no legal hold keeps."""
        return [face for face in self.faces if face.hold is not Hold.LEGAL]


@dataclass(frozen=True, slots=True)
class Person:
    """`subjects` (ExternalImageIds) and `user_ids` are what the caller named; `traces` is all that
    is enrolled under them, and under the face ids that were named, in every collection."""

    subjects: frozenset[str]
    user_ids: frozenset[str]
    traces: Sequence[Trace]

    @property
    def face_ids(self) -> frozenset[str]:
        return frozenset(face.face_id for trace in self.traces for face in trace.faces)
