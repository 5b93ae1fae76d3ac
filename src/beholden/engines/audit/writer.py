"""Growing the log's folder so that no instant of it is wrong.

A batch is appended under a lock that every writing process takes:

1. Its entries become durable in the journal.
2. Bundles and tiles that are full become durable.
3. How many entries there are is noted beside the key.

What was appended is published under the same lock, once for many batches:

4. What is partial is put in place: the last bundle, and the last tile of each level.
5. The checkpoint over all of it is signed and put in place, and a copy beside the key.

The journal holds whatever the last durable checkpoint does not cover; all else derives from it and
from the full bundles. A writer that was stopped anywhere in between leaves the lock file marked:
whoever comes next reads the folder again, completes what the journal holds, and goes on.
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
    sync_file,
    tile_path,
    write_durable,
    write_once,
)
from beholden.engines.audit.merkle import EMPTY_ROOT, leaf_hash
from beholden.engines.audit.note import Checkpoint, CheckpointError, Signer
from beholden.engines.audit.tiles import Tiles

_BUSY = b"busy".ljust(20)
_JOURNAL_BYTES = 1 << 20


@dataclass(slots=True)
class _Growing:
    """The log as it grows: its edge, the entries of the bundle that is not full, the size that the
    checkpoint covers, and the partial tiles (level, number, width) in place."""

    edge: Edge
    window: list[bytes] = field(default_factory=list)
    published: int = 0
    placed: set[tuple[int | str, int, int]] = field(default_factory=set)


class LogWriter:
    """Appends batches to the log in `folder`; one thread at a time. `head` is where the copy of
    the checkpoint is kept, and beside it the size: a log that is shorter has lost its tail."""

    def __init__(self, folder: Path, signer: Signer, head: Path) -> None:
        self._folder, self._signer, self._head = folder, signer, head
        self._tiles = Tiles(folder)
        self._journal = Journal(folder / "journal", signer.secret("journal"))
        self._journal_bytes = 0
        make_folder(folder)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        self._size = os.open(f"{head}.size", os.O_RDWR | os.O_CREAT, 0o644)
        self._growing: _Growing | None = None

    def append(self, entries: Sequence[bytes]) -> int:
        """Add entries and return the index of the first. Durable when this returns, and under a
        checkpoint once published. Raises AuditUnavailable if that cannot be had."""
        with self._current() as growing:
            first = growing.edge.size
            if entries:
                self._journal_bytes = self._journal.append(first, entries)
                self._grow(growing, entries)
                os.pwrite(self._size, _mark(growing), 0)
            return first

    def publish(self) -> None:
        """Put a checkpoint over all that was appended. Raises AuditUnavailable."""
        with self._current() as growing:
            if growing.published < growing.edge.size:
                self._publish(growing)
                if self._journal_bytes > _JOURNAL_BYTES:
                    self._trim(growing)

    def close(self) -> None:
        """Release the files. Safe to call twice."""
        if self._lock >= 0:
            os.close(self._lock)
            os.close(self._size)
            self._lock = self._size = -1

    @contextmanager
    def _current(self) -> Iterator[_Growing]:
        """The log as it stands, under the lock. Until all is done, nobody may rely on what is in
        memory."""
        try:
            with self._locked():
                growing, self._growing = self._growing, None
                mark = os.pread(self._lock, len(_BUSY), 0)
                os.pwrite(self._lock, _BUSY, 0)
                if growing is None or mark == _BUSY:
                    growing = self._recover()
                elif mark != _mark(growing):
                    growing = self._stored()
                yield growing
                os.pwrite(self._lock, _mark(growing), 0)
                self._growing = growing
        except (OSError, ValueError) as error:
            raise AuditUnavailable(f"the audit log cannot be written: {error}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _grow(self, growing: _Growing, entries: Sequence[bytes]) -> None:
        """Step 2, one bundle at a time."""
        while entries:
            room = WIDTH - len(growing.window)
            chunk, entries = entries[:room], entries[room:]
            growing.window += chunk
            if len(growing.window) == WIDTH:
                self._seal("entries", growing.edge.size // WIDTH, pack(growing.window))
                growing.window.clear()
            for entry in chunk:
                growing.edge.push(leaf_hash(entry), self._seal)

    def _seal(self, level: int | str, number: int, tile: bytes) -> None:
        write_durable(self._folder / tile_path(level, number), tile)
        shutil.rmtree(self._partials(level, number), ignore_errors=True)

    def _publish(self, growing: _Growing, *, afresh: bool = False) -> None:
        """Steps 4 and 5. A power cut may take these back or spoil them: recovery makes them
        `afresh`. What a checkpoint needs is whole before it is in place, and stays until the
        next one is."""
        edge = growing.edge
        partial: list[tuple[int | str, int, int, bytes]] = [
            (level, number, len(tile) // HASH_BYTES, tile) for level, number, tile in edge.tiles()
        ]
        if growing.window:
            number, width = divmod(edge.size, WIDTH)
            partial.append(("entries", number, width, pack(growing.window)))
        for level, number, width, tile in partial:
            path = self._folder / tile_path(level, number, width)
            if afresh:
                write_durable(path, tile)
            elif (level, number, width) not in growing.placed:
                write_once(path, tile)
        growing.placed = {(level, number, width) for level, number, width, _ in partial}
        note = self._signer.sign(Checkpoint(self._signer.origin, edge.size, edge.root())).encode()
        for path in (self._folder / CHECKPOINT, self._head):
            overwrite(path, note)
        growing.published = edge.size
        if afresh:
            for level, number, width, _tile in partial:
                self._drop_older(level, number, width)

    def _drop_older(self, level: int | str, number: int, kept: int) -> None:
        for path in self._partials(level, number).iterdir():
            if path.name != str(kept):
                path.unlink()

    def _partials(self, level: int | str, number: int) -> Path:
        return (self._folder / tile_path(level, number, 1)).parent

    def _trim(self, growing: _Growing) -> None:
        """Let the journal go, but for the bundle that is not full."""
        sync_file(self._folder / CHECKPOINT)
        self._journal.replace(growing.edge.size - len(growing.window), growing.window)

    def _recover(self) -> _Growing:
        """What is stored, published anew and the journal with it."""
        growing = self._stored()
        self._publish(growing, afresh=True)
        self._trim(growing)
        return growing

    def _stored(self) -> _Growing:
        """What the last checkpoint covers, and what the journal holds beyond it. Raises
        AuditUnavailable if that is less than there was."""
        known = self._known()
        growing = self._load(known)
        growing.published = known.size
        self._grow(growing, self._journal.read(known.size))
        noted = os.pread(self._size, len(_BUSY), 0).strip()
        if noted.isdigit() and growing.edge.size < int(noted):
            raise AuditUnavailable(
                f"the audit log had {int(noted)} entries, and {growing.edge.size} are left: its "
                "journal was altered or cut"
            )
        return growing

    def _load(self, known: Checkpoint) -> _Growing:
        """The log that `known` signs. Raises AuditUnavailable if the folder holds another."""
        number, width = divmod(known.size, WIDTH)
        first = known.size - width
        for rebuilt in (False, True):
            for window in (self._tiles.bundle(number, width), self._journal.read(first)[:width]):
                try:
                    growing = _Growing(self._tiles.edge(first, rebuilt=rebuilt), window or [])
                except FileNotFoundError:
                    continue
                for entry in growing.window:
                    growing.edge.push(leaf_hash(entry), self._seal)
                if growing.edge.root() == known.root:
                    return growing
        raise AuditUnavailable(
            f"the audit log does not match its own checkpoint over {known.size} entries: it was "
            f"altered or cut. Run `beholden audit verify {self._folder}`."
        )

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
