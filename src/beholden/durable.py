"""Files that are there whole or not at all, and that survive a power cut once a call returns."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a file where none, or another, is. Raises OSError; no draft is left then."""
    with _draft(path, content, mode) as draft:
        publish(draft, path)


def create(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 unless one is there: of several writers the first is right, and
    what it wrote is durable for all. Raises OSError; no draft is left then."""
    with _draft(path, content, 0o600) as draft:
        sync(draft)
        with suppress(FileExistsError):
            path.hardlink_to(draft)  # unlike a rename, never replaces
    sync(path.parent)


def publish(finished: Path, path: Path) -> None:
    """Move a finished file to its name, in one step. Raises OSError."""
    sync(finished)
    finished.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, durable. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _draft(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A file beside `path` that no other writer has, and that is gone afterwards."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
