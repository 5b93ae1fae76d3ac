"""Encryption at rest: one data key per collection, wrapped by a master key kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Vault(Protocol):
    def create(self, name: str) -> None:
        """Make a fresh data key, durable before this returns. A no-op if it exists."""
        ...

    def seal(
        self, name: str, plaintexts: Sequence[bytes], contexts: Sequence[bytes]
    ) -> list[bytes]:
        """Encrypt each plaintext, bound to its context (AEAD associated data).
        Raises ResourceNotFound if there is no such data key."""
        ...

    def open(self, name: str, sealed: Sequence[bytes], contexts: Sequence[bytes]) -> list[bytes]:
        """The reverse. Raises ServerError if one was altered or belongs to another context,
        ResourceNotFound if the data key was destroyed."""
        ...

    def destroy(self, name: str) -> None:
        """Destroy a data key: what it sealed is gone, in every backup too. No-op if unknown."""
        ...

    def derive(self, label: str) -> bytes:
        """A 32-byte secret for `label`, stable for this deployment (to sign page tokens, salt
        hashes)."""
        ...
