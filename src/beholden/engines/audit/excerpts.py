"""Excerpts of the log in a folder, signed with its key."""

from __future__ import annotations

from pathlib import Path

from beholden.domain.errors import AuditUnavailable
from beholden.domain.excerpt import Excerpt, Matter, ProvenEntry
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.note import CheckpointError, origin_of, signature_line
from beholden.engines.audit.proofs import proof_under
from beholden.engines.audit.records import decode
from beholden.engines.audit.trail import FolderTrail


class LogExcerpts:
    """Reads the whole log for each excerpt: entries are looked through as bytes, only those that
    hold an id are read, and only those that it is about are proven."""

    def __init__(self, trail: FolderTrail, key_file: Path, origin: str) -> None:
        self._trail = trail
        self._signer = load_signer(key_file, origin)

    def about(self, matter: Matter) -> Excerpt:
        ids = [one.encode() for one in matter.ids]
        verifier = self._signer.verifier
        try:
            note = self._trail.head()
            size = verifier.open(note).size
            found = [
                ProvenEntry(index, entry, proof_under(self._trail.folder, note, size, index))
                for index, entry in self._trail.entries(0)
                if index < size
                and any(one in entry for one in ids)
                and matter.concerns(decode(entry))
            ]
        except (OSError, CheckpointError) as error:
            raise AuditUnavailable(f"the log cannot be read: {error}") from error
        return Excerpt(str(verifier), note, tuple(found))

    def sign(self, text: str) -> str:
        if origin_of(text) == self._signer.origin or not text.endswith("\n"):
            raise ValueError("checkpoints are signed by the log alone")
        signature = self._signer.verifier.key_id + self._signer.private.sign(text.encode())
        return text + "\n" + signature_line(self._signer.origin, signature)
