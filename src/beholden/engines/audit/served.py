"""A log's folder, as it is shown over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beholden.engines.audit.layout import VERIFIER_KEY, tile_path
from beholden.engines.audit.note import Verifier, text_of
from beholden.engines.audit.proofs import consistency, inclusion
from beholden.engines.audit.reading import Publish, nothing_to_publish, signed_head


@dataclass(frozen=True, slots=True)
class ServedFolder:
    """See ports.log.ServedLog; who writes it in this process can `publish` what it appended."""

    folder: Path
    publish: Publish = nothing_to_publish

    def checkpoint(self) -> str:
        self.publish()
        note, _ = signed_head(self.folder, self._verifier())
        for path in sorted((self.folder / "cosigned").glob("[0-9a-f]*")):
            cosigned = path.read_text(encoding="utf-8")
            if text_of(cosigned) == text_of(note):
                note += cosigned.splitlines(keepends=True)[-1]
        return note

    def key(self) -> str:
        return (self.folder / VERIFIER_KEY).read_text(encoding="utf-8")

    def cosigned(self, key_id: str) -> str:
        return (self.folder / "cosigned" / key_id).read_text(encoding="utf-8")

    def tile(self, level: int | str, number: int, width: int) -> bytes:
        return (self.folder / tile_path(level, number, width)).read_bytes()

    def inclusion(self, index: int) -> str:
        self.publish()
        return inclusion(self.folder, self._verifier(), index)[0]

    def consistency(self, old: int, size: int) -> list[bytes]:
        self.publish()
        _, checkpoint = signed_head(self.folder, self._verifier())
        if not 0 < old <= size <= checkpoint.size:
            raise IndexError(f"the log has {checkpoint.size} entries")
        return consistency(self.folder, old, size)

    def _verifier(self) -> Verifier:
        return Verifier.parse(self.key())
