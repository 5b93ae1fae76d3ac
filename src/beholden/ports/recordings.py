"""Recordings of stream processors, as records know them: from when each begins until it is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from beholden.domain.recording import Recorded


class Recordings(Protocol):
    """Whom a recording shows is kept as hashes that lead to nobody without the master key.

    Whoever ends one dooms it, then deletes the object, then forgets it; whoever writes the object
    asks afterwards whether it is wanted. So none is left over, whichever of the two is first.
    """

    def begin(self, recorded: Recorded) -> Recorded:
        """Know it, and give it a number."""
        ...

    def shows(self, recorded: Recorded, names: Collection[str]) -> None:
        """These people are in it, by face id and ExternalImageId."""
        ...

    def wanted(self, recorded: Recorded) -> bool:
        """Neither doomed nor forgotten."""
        ...

    def showing(self, names: Collection[str]) -> Sequence[Recorded]:
        """Those in which any of these is."""
        ...

    def under(self, authorization_id: str) -> Sequence[Recorded]:
        """Those that were made under an authorization."""
        ...

    def expired(self, purpose: str, by: datetime, limit: int) -> Sequence[Recorded]:
        """At most `limit` that were begun for the purpose at `by` or before, and are not doomed."""
        ...

    def doomed(self, by: datetime, limit: int) -> Sequence[Recorded]:
        """At most `limit` that were doomed at `by` or before, and are there still: their bucket
        was away."""
        ...

    def doom(self, recorded: Recorded) -> None:
        """It is to go, from now on."""
        ...

    def forget(self, recorded: Recorded) -> None:
        """It is gone."""
        ...
