"""Reading records back, for people and for reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from beholden.engines.audit.layout import CHECKPOINT
from beholden.engines.audit.note import Checkpoint, CheckpointError, Verifier
from beholden.engines.audit.records import decode
from beholden.engines.audit.remote import LogFolder
from beholden.engines.audit.tiles import Tiles

# A checkpoint is overwritten in place: who sees half of it reads again.
_READS = 3
# What a reader calls first, to see all that was appended in its own process.
Publish = Callable[[], None]


def nothing_to_publish() -> None:
    """For the reader of a log that another process writes, and publishes by itself."""


def signed_head(folder: LogFolder, verifier: Verifier) -> tuple[str, Checkpoint]:
    """The log's checkpoint, as a note and what it says. Raises CheckpointError or OSError."""
    for _ in range(_READS - 1):
        with suppress(CheckpointError):
            return _head(folder, verifier)
    return _head(folder, verifier)


def _head(folder: LogFolder, verifier: Verifier) -> tuple[str, Checkpoint]:
    note = (folder / CHECKPOINT).read_text(encoding="utf-8")
    return note, verifier.open(note)


def records(folder: LogFolder, verifier: Verifier, first: int = 0) -> Iterator[tuple[int, Any]]:
    """(index, record as JSON) from index `first` to the end of the signed log, in order.

    Entries are not compared with the tree: verify() does that. Raises CheckpointError,
    FileNotFoundError for a missing bundle, ValueError for an entry that is not JSON.
    """
    size = signed_head(folder, verifier)[1].size
    for index, entry in Tiles(folder, size).entries(first):
        yield index, decode(entry)
