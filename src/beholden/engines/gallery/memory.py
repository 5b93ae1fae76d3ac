"""Giving memory back."""

from __future__ import annotations

import ctypes


def release_freed_memory() -> None:
    """Return what was freed to the system, as far as the C library can. glibc keeps freed blocks
    that lie between others, so that a gallery that went to disk or shrank would still fill memory
    (malloc_trim(3), since glibc 2.8)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
