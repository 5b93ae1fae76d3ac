"""Accountability reports, kept where the public page can link them."""

from __future__ import annotations

from typing import Protocol


class Reports(Protocol):
    def put(self, report: bytes) -> str:
        """Keep it, durable on return, and tell its SHA-256 in hex."""
        ...

    def read(self, sha256: str) -> bytes | None: ...
