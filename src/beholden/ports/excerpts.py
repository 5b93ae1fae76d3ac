"""What the log says of one matter, in a form that can be handed over and checked elsewhere."""

from __future__ import annotations

from typing import Protocol

from beholden.domain.excerpt import Excerpt, Matter


class Excerpts(Protocol):
    def about(self, matter: Matter) -> Excerpt:
        """Every entry that concerns it. Raises AuditUnavailable if the log cannot be read."""
        ...

    def sign(self, text: str) -> str:
        """The text as a signed note (C2SP signed-note), by the log's key. `text` ends with a
        newline. Raises ValueError for what could pass for a checkpoint."""
        ...
