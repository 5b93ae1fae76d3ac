"""Access keys and sessions: who holds them, in which role, for which purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from beholden.domain.access import Principal


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

    @property
    def principal(self) -> Principal:
        """Who signs with it."""
        return Principal(self.holder, self.role, self.purpose, self.key_id, self.case)

    def comes_with(self, token: str | None) -> bool:
        """Whether a request that carries this session token, or none, can be of this key."""
        if self.token_sha256 is None or token is None:
            return token is None and self.token_sha256 is None
        return compare_digest(sha256(token.encode()).digest(), self.token_sha256)

    def expired(self, now: datetime) -> bool:
        """Never true of a key that is no session."""
        return self.expires_at is not None and now >= self.expires_at

    def ended(self, now: datetime) -> bool:
        """Whether nothing may be done with it any more."""
        return self.disabled_at is not None or self.expired(now)


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a session is opened for. Its holder is that of the key it is opened with."""

    role: str
    purpose: str
    name: str
    expires_at: datetime
    case: str | None = None
