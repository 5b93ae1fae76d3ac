"""A log as it is shown to whoever asks, over HTTP (C2SP tlog-tiles)."""

from __future__ import annotations

from typing import Protocol


class ServedLog(Protocol):
    """Reading only. Nothing here identifies anybody but the bundles of entries, at level "entries":
    who may have those is for the caller to say."""

    def checkpoint(self) -> str:
        """The newest checkpoint, a signed note, with what witnesses added to it."""
        ...

    def key(self) -> str:
        """The log's verifier key, one line."""
        ...

    def cosigned(self, key_id: str) -> str:
        """The newest checkpoint that the witness with this key id (hex) cosigned.
        Raises FileNotFoundError."""
        ...

    def tile(self, level: int | str, number: int, width: int) -> bytes:
        """A tile, or a bundle of entries, as it lies in the folder. Raises FileNotFoundError."""
        ...

    def inclusion(self, index: int) -> str:
        """The proof that the checkpoint covers an entry (C2SP tlog-proof). Raises IndexError."""
        ...

    def consistency(self, old: int, size: int) -> list[bytes]:
        """The proof that the tree of `size` entries extends that of `old`. Raises IndexError
        unless 0 < old <= size <= the log's size."""
        ...
