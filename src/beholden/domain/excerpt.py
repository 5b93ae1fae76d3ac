"""A part of the log that stands alone: some entries, and the proof that they are in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry as it was hashed, where it stands, and its proof of inclusion as text (C2SP
    tlog-proof), which ends with the checkpoint that it leads to."""

    index: int
    entry: bytes
    proof: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Entries in their order, all proven against one `checkpoint` (a signed note) of the log whose
    verifier key, name+id+key, is `key`."""

    key: str
    checkpoint: str
    entries: tuple[ProvenEntry, ...]
