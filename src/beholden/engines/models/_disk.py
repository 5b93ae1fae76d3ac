"""What a file hashes to, and what to say when the disk refuses."""

from __future__ import annotations

import errno
import hashlib
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
