"""The audit log as those read it who follow it entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beholden.domain.errors import AuditUnavailable
from beholden.engines.audit.layout import VERIFIER_KEY, WIDTH
from beholden.engines.audit.note import Checkpoint, CheckpointError, Verifier
from beholden.engines.audit.reading import Publish, nothing_to_publish, signed_head
from beholden.engines.audit.tiles import Tiles

# A partial bundle may be sealed, and gone, while somebody looks for it: then they look again.
READS = 3


@dataclass(frozen=True, slots=True)
class FolderTrail:
    """The log in `folder`; who writes it in this process can `publish` what it has appended.
    Entries are not compared with the tree: verify() does that."""

    folder: Path
    publish: Publish = nothing_to_publish

    def size(self) -> int:
        return self._signed()[1].size

    def head(self) -> str:
        return self._signed()[0]

    def _signed(self) -> tuple[str, Checkpoint]:
        self.publish()
        try:
            key = (self.folder / VERIFIER_KEY).read_text(encoding="utf-8")
            return signed_head(self.folder, Verifier.parse(key))
        except (CheckpointError, OSError) as error:
            raise AuditUnavailable(f"{self.folder}: {error}") from error

    def entries(self, first: int) -> Iterator[tuple[int, bytes]]:
        size = self.size()
        for start in range(first - first % WIDTH, size, WIDTH):
            bundle = self._bundle(start, size)
            yield from (
                (index, entry) for index, entry in enumerate(bundle, start) if index >= first
            )

    def _bundle(self, start: int, size: int) -> list[bytes]:
        for _ in range(READS):
            found = Tiles(self.folder, size).bundle(start // WIDTH, min(WIDTH, size - start))
            if found is not None:
                return found
        raise AuditUnavailable(f"{self.folder}: the bundle of entry {start} is missing")
