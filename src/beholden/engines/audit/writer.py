"""Growing the log's folder so that no instant of it is wrong.

A batch goes through four steps, under a lock that every writing process takes:

1. Entries become durable: in the journal, or in a bundle once one is full.
2. Tiles that are full become durable.
3. What is partial is put in place: the last bundle, and the last tile of each level.
4. The checkpoint over all of it is signed and put in place, and a copy beside the key.

The journal is the truth about the bundle that is not full; everything partial derives from it.
A writer that was stopped anywhere in between leaves the lock file marked: whoever comes next
reads the folder again, completes what is durable, and goes on.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from beholden.domain.errors import AuditUnavailable
from beholden.engines.audit.edge import Edge
from beholden.engines.audit.journal import Journal
from beholden.engines.audit.layout import (
    CHECKPOINT,
    HASH_BYTES,
    WIDTH,
    make_folder,
    overwrite,
    pack,
    tile_path,
    write_durable,
)
from beholden.engines.audit.merkle import EMPTY_ROOT, leaf_hash
from beholden.engines.audit.note import Checkpoint, CheckpointError, Signer
from beholden.engines.audit.tiles import Tiles

_BUSY = b"busy".ljust(20)


@dataclass(slots=True)
class _Growing:
    """The log as it grows: its edge, and the entries of the bundle that is not full."""

    edge: Edge
    window: list[bytes] = field(default_factory=list)


class LogWriter:
    """Appends batches to the log in `folder`; one thread at a time. `head` is where the copy of
    the checkpoint is kept: a log that is shorter than its head says has lost its tail."""

    def __init__(self, folder: Path, signer: Signer, head: Path) -> None:
        self._folder, self._signer, self._head = folder, signer, head
        self._tiles = Tiles(folder)
        self._journal = Journal(folder / "journal")
        make_folder(folder)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        self._growing: _Growing | None = None

    def append(self, entries: Sequence[bytes]) -> int:
        """Add entries and return the index of the first. Durable, and under the checkpoint, when
        this returns. Raises AuditUnavailable if that cannot be had."""
        try:
            with self._locked():
                growing = self._current()
                first = growing.edge.size
                self._extend(growing, entries)
                self._publish(growing)
                self._settle(growing)
                return first
        except OSError as error:
            raise AuditUnavailable(f"the audit log cannot be written: {error}") from error

    def close(self) -> None:
        """Release the lock file. Safe to call twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _current(self) -> _Growing:
        """The log as it stands. Until `_settle`, nobody may rely on what is in memory."""
        growing, self._growing = self._growing, None
        mark = os.pread(self._lock, len(_BUSY), 0)
        os.pwrite(self._lock, _BUSY, 0)
        if growing is not None and mark == _mark(growing):
            return growing
        return self._recover()

    def _settle(self, growing: _Growing) -> None:
        os.pwrite(self._lock, _mark(growing), 0)
        self._growing = growing

    def _extend(self, growing: _Growing, entries: Sequence[bytes]) -> None:
        """Steps 1 and 2, one bundle at a time."""
        while entries:
            room = WIDTH - len(growing.window)
            chunk, entries = entries[:room], entries[room:]
            if len(chunk) < room:
                self._journal.append(growing.edge.size, chunk)
            self._grow(growing, chunk)

    def _grow(self, growing: _Growing, chunk: Sequence[bytes]) -> None:
        """Take in entries that are durable, or that fill the bundle and so become it."""
        growing.window += chunk
        full = len(growing.window) == WIDTH
        if full:
            self._seal("entries", growing.edge.size // WIDTH, pack(growing.window))
        for entry in chunk:
            growing.edge.push(leaf_hash(entry), self._seal)
        if full:
            growing.window.clear()
            self._journal.clear()

    def _seal(self, level: int | str, number: int, tile: bytes) -> None:
        write_durable(self._folder / tile_path(level, number), tile)
        shutil.rmtree(self._partials(level, number), ignore_errors=True)

    def _publish(self, growing: _Growing, *, afresh: bool = False) -> None:
        """Steps 3 and 4. A power cut may take these back or spoil them: recovery makes them
        `afresh`. No checkpoint names a partial tile before it is whole."""
        edge = growing.edge
        partial: list[tuple[int | str, int, int, bytes]] = [
            (level, number, len(tile) // HASH_BYTES, tile) for level, number, tile in edge.tiles()
        ]
        if growing.window:
            number, width = divmod(edge.size, WIDTH)
            partial.append(("entries", number, width, pack(growing.window)))
        for level, number, width, tile in partial:
            if afresh:
                shutil.rmtree(self._partials(level, number), ignore_errors=True)
            path = self._folder / tile_path(level, number, width)
            if not path.exists():
                make_folder(path.parent)
                path.write_bytes(tile)
        note = self._signer.sign(Checkpoint(self._signer.origin, edge.size, edge.root())).encode()
        for path in (self._folder / CHECKPOINT, self._head):
            overwrite(path, note)

    def _partials(self, level: int | str, number: int) -> Path:
        return (self._folder / tile_path(level, number, 1)).parent

    def _recover(self) -> _Growing:
        """The log as the folder holds it: what the last checkpoint covers, checked against it,
        and what had become durable after it."""
        known = self._known()
        first = known.size - known.size % WIDTH
        kept = self._kept(first, known.size - first)
        covered = kept[: known.size - first]
        for rebuilt in (False, True):
            growing = _Growing(self._tiles.edge(first, rebuilt=rebuilt))
            self._grow(growing, covered)
            if growing.edge.root() == known.root:
                break
        else:
            raise AuditUnavailable(
                f"the audit log does not match its own checkpoint over {known.size} entries: it "
                f"was altered or cut. Run `beholden audit verify {self._folder}`."
            )
        kept = kept[len(covered) :]
        while kept:
            self._grow(growing, kept)
            kept = [] if growing.window else self._kept(growing.edge.size, 0)
        self._journal.replace(growing.edge.size - len(growing.window), growing.window)
        self._publish(growing, afresh=True)
        return growing

    def _kept(self, first: int, published: int) -> list[bytes]:
        """The durable entries of the bundle that begins at `first`. If the journal is gone, the
        `published` ones are taken from the partial bundle."""
        full = self._tiles.bundle(first // WIDTH)
        if full is not None:
            return full
        journal = self._journal.read(first)
        if len(journal) >= published:
            return journal
        return self._tiles.bundle(first // WIDTH, published) or []

    def _known(self) -> Checkpoint:
        """The larger of the folder's checkpoint and its copy beside the key."""
        known = Checkpoint(self._signer.origin, 0, EMPTY_ROOT)
        for path in (self._folder / CHECKPOINT, self._head):
            note = path.read_text(encoding="utf-8") if path.exists() else ""
            if note:
                try:
                    found = self._signer.verifier.open(note)
                except CheckpointError as error:
                    raise AuditUnavailable(f"{path}: {error}") from error
                known = max(known, found, key=lambda checkpoint: checkpoint.size)
        return known


def _mark(growing: _Growing) -> bytes:
    return str(growing.edge.size).encode().ljust(len(_BUSY))
