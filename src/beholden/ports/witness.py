"""Being a witness of other logs, and having witnesses of one's own (C2SP tlog-witness)."""

from __future__ import annotations

from typing import Protocol


class NotCosignedError(Exception):
    """What a witness answers instead of a cosignature: an HTTP status, a body and its type."""

    def __init__(self, status: int, body: str, media_type: str = "text/plain") -> None:
        super().__init__(f"{status} {body.strip()}")
        self.status, self.body, self.media_type = status, body, media_type


class WitnessDuty(Protocol):
    """What a witness does."""

    def add_checkpoint(self, body: str) -> str:
        """Cosign the checkpoint in the body of an add-checkpoint request, once it is remembered:
        the signature line. Raises NotCosignedError, also where that cannot be done safely."""
        ...


class Cosigned(Protocol):
    """Whether outside witnesses follow this log."""

    def enough(self) -> bool:
        """Whether as many witnesses as are asked for cosigned recently, and nearly all of it."""
        ...
