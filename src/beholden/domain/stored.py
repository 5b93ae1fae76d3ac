"""What a bucket tells of an object without giving it away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredObject:
    """`tag` is another one as soon as the object is overwritten."""

    size_bytes: int
    tag: str
