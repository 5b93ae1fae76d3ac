"""Checking a log offline: every entry, every tile, the checkpoint, and earlier checkpoints.

What this can tell: whether the folder is what its checkpoint signs. What it cannot: whether the
holder of the key signed another history as well. An earlier checkpoint, kept elsewhere, catches
that, and the loss of a tail; without one, a log that was rolled back to an older state with its
older checkpoint is indistinguishable from a younger log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from beholden.engines.audit.cosign import Witness, cosigned_path
from beholden.engines.audit.edge import Edge
from beholden.engines.audit.layout import PUBLISHED, WIDTH, hashes_of, pack, tile_path
from beholden.engines.audit.merkle import EMPTY_ROOT, leaf_hash
from beholden.engines.audit.note import Checkpoint, CheckpointError, Verifier
from beholden.engines.audit.reading import signed_head
from beholden.engines.audit.records import decode
from beholden.engines.audit.remarks import Remarks
from beholden.engines.audit.remote import LogFolder
from beholden.engines.audit.tiles import Tiles


@dataclass(frozen=True, slots=True)
class Report:
    """`faults` say what was tampered with, the first bad entry first; `remarks` what an auditor
    may want to ask about. `checkpoint` is None if none could be trusted."""

    checkpoint: Checkpoint | None
    faults: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


def verify(
    folder: LogFolder,
    verifier: Verifier,
    saved: Sequence[str] = (),
    witnesses: Sequence[Witness] = (),
) -> Report:
    """Check the whole log in `folder`. `saved` are earlier checkpoints (signed notes); each of
    `witnesses` must have cosigned one, which then counts as saved."""
    cosigned = [_cosigned(folder, verifier, witness) for witness in witnesses]
    try:
        _, checkpoint = signed_head(folder, verifier)
    except (OSError, UnicodeDecodeError, CheckpointError) as error:
        return Report(None, (f"checkpoint: {error}",), ())
    earlier = [verifier.open(note) for note in saved] + [c[0] for c in cosigned if c[0] is not None]
    check = _Check(Tiles(folder, checkpoint.size), checkpoint, earlier)
    faults = tuple(told for found, told in cosigned if found is None) + tuple(check.run())
    remarks = [told for found, told in cosigned if found is not None]
    return Report(checkpoint, faults, (*remarks, *check.remarks.made()))


def _cosigned(
    folder: LogFolder, verifier: Verifier, witness: Witness
) -> tuple[Checkpoint | None, str]:
    """The newest checkpoint that a witness cosigned, and what to say of it; None is a fault."""
    try:
        note = (folder / cosigned_path(witness)).read_text(encoding="utf-8")
        checkpoint, time = verifier.open(note), witness.cosigned(note)
    except (OSError, UnicodeDecodeError, CheckpointError) as error:
        return None, f"no cosignature of {witness.name}: {error}"
    if time is None:
        return None, f"no cosignature of {witness.name}: it is not signed with that key"
    when = datetime.fromtimestamp(time, UTC).isoformat()
    return checkpoint, f"{witness.name} cosigned the first {checkpoint.size} entries at {when}"


@dataclass(slots=True)
class _Check:
    """One pass over the entries, growing the tree anew beside the stored one."""

    tiles: Tiles
    checkpoint: Checkpoint
    earlier: Sequence[Checkpoint]
    edge: Edge = field(default_factory=Edge)
    roots: dict[int, bytes] = field(default_factory=lambda: {0: EMPTY_ROOT})
    found: list[str] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)

    def run(self) -> Iterator[str]:
        """Faults, in the order of the entries they concern."""
        size = self.checkpoint.size
        entries: list[bytes] = []
        for number, first in enumerate(range(0, size, WIDTH)):
            entries, fault = self._bundle(number, min(WIDTH, size - first))
            if fault:
                yield fault
                return
            yield from self._leaves(number, [leaf_hash(entry) for entry in entries])
            yield from self._contents(first, entries)
        if size % WIDTH:
            yield from self._older("entries", size // WIDTH, pack(entries))
        yield from self._partial_tiles()
        yield from self._against_checkpoints()

    def _bundle(self, number: int, width: int) -> tuple[list[bytes], str]:
        """A bundle's entries, or what is wrong with it as a whole."""
        try:
            entries = self.tiles.bundle(number, width)
            fault = "missing, or others are there as well"
        except ValueError as error:
            entries, fault = None, str(error)
        if entries is None:
            first, where = number * WIDTH, tile_path("entries", number, width)
            return [], f"entries {first} to {first + width - 1} ({where}): {fault}"
        return entries, ""

    def _leaves(self, number: int, leaves: list[bytes]) -> Iterator[str]:
        """Grow the tree by these leaves, and compare each tile that this completes."""
        yield from self._compare(0, number, leaves)
        wanted = {checkpoint.size for checkpoint in self.earlier}
        for size, leaf in enumerate(leaves, number * WIDTH + 1):
            self.edge.push(leaf, self._sealed)
            if size in wanted:
                self.roots[size] = self.edge.root()
        yield from self.found
        self.found.clear()

    def _sealed(self, level: int, number: int, tile: bytes) -> None:
        if level:
            self.found += self._compare(level, number, hashes_of(tile))

    def _compare(self, level: int, number: int, computed: list[bytes]) -> Iterator[str]:
        where = tile_path(level, number, len(computed))
        stored = self.tiles.hashes(level, number, len(computed))
        if stored is None:
            yield f"{where} is missing or not of its size"
            return
        each = WIDTH**level
        for at, (is_, should) in enumerate(zip(stored, computed, strict=True), number * WIDTH):
            if is_ != should:
                first, last = at * each, (at + 1) * each - 1
                what = f"entry {first}" if level == 0 else f"an entry from {first} to {last}"
                yield f"{what} was altered, moved or removed: its hash is not that of {where}"
                return

    def _contents(self, first: int, entries: Iterable[bytes]) -> Iterator[str]:
        for index, entry in enumerate(entries, first):
            try:
                record = decode(entry)
                if not self.checkpoint.origin.endswith(PUBLISHED):
                    self.remarks.see(index, record)
            except (ValueError, KeyError, TypeError) as error:
                yield f"entry {index} is not an audit record: {error!r}"

    def _partial_tiles(self) -> Iterator[str]:
        for level, number, tile in self.edge.tiles():
            if level:
                yield from self._compare(level, number, hashes_of(tile))
            yield from self._older(level, number, tile)

    def _older(self, level: int | str, number: int, latest: bytes) -> Iterator[str]:
        """Narrower partial tiles stay until the full one is there: each is its beginning."""
        for width in self.tiles.partials(level, number):
            where = tile_path(level, number, width)
            data = (self.tiles.folder / where).read_bytes()
            if len(data) <= len(latest) and not latest.startswith(data):
                yield f"{where} was altered"

    def _against_checkpoints(self) -> Iterator[str]:
        size = self.checkpoint.size
        agreed = max([0, *(old.size for old in self.earlier if self._extends(old))])
        if self.edge.root() != self.checkpoint.root:
            yield (
                f"an entry from {agreed} to {size - 1} was altered, and its tiles with it: "
                f"the checkpoint signs other entries"
            )
        for old in self.earlier:
            if old.size > size:
                yield (
                    f"entries {size} to {old.size - 1} were cut off: a saved checkpoint "
                    f"covers {old.size}"
                )
            elif not self._extends(old):
                yield f"history was rewritten before entry {old.size}: a saved checkpoint differs"

    def _extends(self, old: Checkpoint) -> bool:
        return self.roots.get(old.size) == old.root
