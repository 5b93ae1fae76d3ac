"""Access keys and sessions: who holds them, in which role, for which purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key without its secret; `holder` is the principal's name.

    `may_assume` are further purposes for which its holder may open sessions. A session is a
    temporary key: `parent` is the key it was opened with, and it ends with that one (`disabled_at`
    is the parent's) or at `expires_at`; `session_name` is its holder's name for it, `case` the
    reference that everything done under it carries, `token_sha256` the digest of its session token.
    """

    key_id: str
    holder: str
    role: str
    purpose: str
    created_at: datetime
    disabled_at: datetime | None
    may_assume: tuple[str, ...] = ()
    parent: str | None = None
    session_name: str | None = None
    case: str | None = None
    expires_at: datetime | None = None
    token_sha256: bytes | None = None

    def expired(self, now: datetime) -> bool:
        """Never true of a key that is no session."""
        return self.expires_at is not None and now >= self.expires_at

    def ended(self, now: datetime) -> bool:
        """Whether nothing may be done with it any more."""
        return self.disabled_at is not None or self.expired(now)
