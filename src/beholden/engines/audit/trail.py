"""The audit log as those read it who follow it entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beholden.domain.errors import AuditUnavailable
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import Checkpoint, CheckpointError, Verifier
from beholden.engines.audit.reading import Publish, nothing_to_publish, signed_head
from beholden.engines.audit.tiles import Tiles


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
        try:
            yield from Tiles(self.folder, self.size()).entries(first)
        except FileNotFoundError as error:
            raise AuditUnavailable(f"{self.folder}: {error}") from error
