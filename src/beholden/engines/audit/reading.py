"""Reading records back, for people and for reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from beholden.engines.audit.layout import CHECKPOINT, WIDTH
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.records import decode
from beholden.engines.audit.tiles import Tiles


def records(folder: Path, verifier: Verifier, first: int = 0) -> Iterator[tuple[int, Any]]:
    """(index, record as JSON) from index `first` to the end of the signed log, in order.

    Entries are not compared with the tree: verify() does that. Raises CheckpointError,
    FileNotFoundError for a missing bundle, ValueError for an entry that is not JSON.
    """
    size = verifier.open((folder / CHECKPOINT).read_text(encoding="utf-8")).size
    tiles = Tiles(folder)
    for start in range(first - first % WIDTH, size, WIDTH):
        entries = tiles.bundle(start // WIDTH, min(WIDTH, size - start))
        if entries is None:
            raise FileNotFoundError(f"the bundle of entry {start} is missing")
        for index, entry in enumerate(entries, start):
            if index >= first:
                yield index, decode(entry)
