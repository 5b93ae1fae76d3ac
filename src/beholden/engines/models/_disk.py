"""Files that appear whole or not at all, and what to say when the disk refuses."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beholden.domain.errors import OperatorError

REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EACCES: "permission denied: make it readable and writable for this user",
    errno.EPERM: "permission denied: make it readable and writable for this user",
    errno.EROFS: "the file system is read-only",
}


@contextmanager
def operator_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into an OperatorError that names the file and the remedy."""
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno or 0, error.strerror or str(error))
        raise OperatorError(
            f"{error.filename or path}: {remedy}, or set BEHOLDEN_MODELS_DIR to another folder."
        ) from error


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file or a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(finished: Path, target: Path) -> None:
    """Move a finished file to its name, durably and in one step."""
    sync(finished)
    finished.replace(target)
    sync(target.parent)
