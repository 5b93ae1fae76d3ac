"""Purposes, what is bound to them, and who consented to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from beholden.domain.consent import Consent
from beholden.domain.purpose import Purpose
from beholden.ports.erasure import PersonalData


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

    def bound(self, collection_id: str) -> frozenset[str] | None:
        """The purposes that may use a collection; None if there is no such collection."""
        ...

    def collections(self, purpose: str) -> Sequence[str]:
        """The ids of the collections that a purpose may use, in order."""
        ...


class Consents(PersonalData, Protocol):
    def add(self, consent: Consent, receipt: str) -> None:
        """Keep a receipt, sealed. It takes the place of an earlier one of the same subject and
        purpose, withdrawn or not."""
        ...

    def withdraw(self, subject: str, purpose: str) -> Consent:
        """Mark as withdrawn, now; a no-op if it is already. Raises ResourceNotFound."""
        ...

    def given(self, subject: str, purpose: str) -> bool:
        """Whether a receipt is on file that was not withdrawn."""
        ...

    def list(self, purpose: str | None = None) -> Sequence[Consent]:
        """In the order of recording, withdrawn ones too; of one purpose or of all."""
        ...

    def receipt(self, subject: str, purpose: str) -> str:
        """The receipt's text. Raises ResourceNotFound."""
        ...
