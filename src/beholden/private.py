"""Files for their owner's eyes: keys, states, reports that may hold faces."""

from __future__ import annotations

from pathlib import Path

from beholden import durable
from beholden.domain.errors import OperatorError


def write(path: Path, content: str | bytes) -> None:
    """Whole or not at all, mode 0600, also where another file was. Raises OperatorError if it
    cannot be written."""
    data = content.encode() if isinstance(content, str) else content
    try:
        durable.replace(path, data)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error
