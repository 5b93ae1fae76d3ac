"""Delivery into a file, one JSON object a line: what a deployment does that named no receiver."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from beholden.domain.message import Message
from beholden.engines.notifier.outbox import NotDelivered, to_json


@dataclass(frozen=True, slots=True)
class Lines:
    path: Path

    def __call__(self, message: Message) -> None:
        """Raises NotDelivered."""
        try:
            with os.fdopen(os.open(self.path, _APPEND, 0o600), "w", encoding="utf-8") as file:
                file.write(f"{to_json(message)}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise NotDelivered(f"{self.path}: {error.strerror}") from error


_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
