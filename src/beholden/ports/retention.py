"""The end of what is kept: which terms are over, and the keys that end with what they sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from beholden.domain.retention import DestroyedKey, Expired, Kept


class Retention(Protocol):
    """Deleting a face leaves sealed copies behind: in backups, in free pages, in the write-ahead
    log. `renew` ends them all by destroying the key that sealed them."""

    def kept(self) -> Sequence[Kept]:
        """By collection and purpose."""
        ...

    def legal_holds(self, collection_id: str) -> int:
        """How many faces of a collection are under a legal hold."""
        ...

    def expired(self, purpose: str, by: datetime, limit: int) -> Sequence[Expired]:
        """At most `limit` faces that were enrolled for the purpose at `by` or before. What is under
        a legal hold is left out."""
        ...

    def enrolled(self, subject: str, purpose: str) -> Sequence[Expired]:
        """The faces that were enrolled for the purpose under this ExternalImageId, less what is
        under a legal hold."""
        ...

    def expired_leads(self, purpose: str, by: datetime, limit: int) -> Sequence[str]:
        """The ids of leads whose search was made for the purpose, at `by` or before, and which hold
        something still."""
        ...

    def renewable(self, by: datetime) -> bool:
        """Whether `renew(by)` has something to do."""
        ...

    def renew(self, by: datetime, limit: int = 100) -> Sequence[DestroyedKey]:
        """Destroy up to `limit` keys that seal something that was deleted at `by` or before, or
        nothing else. What they seal besides is sealed anew first."""
        ...
