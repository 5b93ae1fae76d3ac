"""Recordings of stream processors, which end with their term, or with a person who is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beholden.domain.errors import InvalidS3Object
from beholden.domain.person import Person
from beholden.domain.recording import Recorded
from beholden.ports.blobs import Blobs
from beholden.ports.recordings import Recordings


def discard(recordings: Recordings, blobs: Blobs, which: Sequence[Recorded]) -> list[Recorded]:
    """Those that are gone now. The sweep tries again what a bucket that is away still holds."""
    return [one for one in which if _discarded(recordings, blobs, one)]


def _discarded(recordings: Recordings, blobs: Blobs, one: Recorded) -> bool:
    recordings.doom(one)
    try:
        blobs.delete(one.bucket, one.key)
    except InvalidS3Object:
        return False
    recordings.forget(one)
    return True


@dataclass(frozen=True, slots=True)
class RecordingResults:
    """Recordings that were made under an authorization."""

    recordings: Recordings
    blobs: Blobs
    kind = "recordings"

    def delete(self, authorization_id: str) -> int:
        made = self.recordings.under(authorization_id)
        return len(discard(self.recordings, self.blobs, made))


@dataclass(frozen=True, slots=True)
class PersonalRecordings:
    """Recordings in which a person was found, with all others who are in them."""

    recordings: Recordings
    blobs: Blobs
    kind = "recordings"

    def count(self, person: Person) -> int:
        return len(self.recordings.showing(_names(person)))

    def erase(self, person: Person) -> int:
        shown = self.recordings.showing(_names(person))
        return len(discard(self.recordings, self.blobs, shown))


def _names(person: Person) -> frozenset[str]:
    """Those they were named by, too: a face that is gone was recorded under its name."""
    return person.subjects | person.face_ids
