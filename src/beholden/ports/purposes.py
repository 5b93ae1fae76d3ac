"""Purposes and what is bound to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from beholden.domain.purpose import Purpose


class Purposes(Protocol):
    def put(self, purpose: Purpose) -> None:
        """Declare it, or replace its terms."""
        ...

    def get(self, name: str) -> Purpose | None: ...

    def list(self) -> Sequence[Purpose]:
        """By name."""
        ...

    def bind(self, collection_id: str, purpose: str) -> None:
        """Let a purpose use a collection. A no-op if it may already; raises ResourceNotFound if
        there is no such collection. A binding ends with its collection."""
        ...

    def unbind(self, collection_id: str, purpose: str) -> None:
        """The reverse. A no-op if it is not bound."""
        ...

    def bound(self, collection_id: str) -> frozenset[str]:
        """The purposes that may use a collection; none if it does not exist."""
        ...
