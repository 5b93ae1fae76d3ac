"""How far something has come that reads a log step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class States(Protocol):
    def load(self, name: str) -> dict[str, Any] | None:
        """The state saved last under a name; None if there is none, or if it was damaged: whoever
        asks then starts from the first entry again."""
        ...

    def save(self, name: str, state: Mapping[str, Any]) -> None:
        """Keep it (JSON) in place of the last, whole or not at all. Raises ServerError."""
        ...
