"""Encryption at rest: data keys, wrapped by a master key kept elsewhere.

A name `a#b` is that of a key under the key `a`: it is wrapped by that one, too, and ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Vault(Protocol):
    def create(self, name: str) -> None:
        """Make a fresh data key, durable before this returns. A no-op if it exists. Raises
        ResourceNotFound if there is no key above it."""
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
        """Destroy a data key: what it and the keys under it sealed is gone, in every backup too.
        No-op if unknown. What is kept of keys under it goes when they are destroyed themselves."""
        ...

    def derive(self, label: str) -> bytes:
        """A 32-byte secret for `label`, stable for this deployment (to sign page tokens, salt
        hashes)."""
        ...
