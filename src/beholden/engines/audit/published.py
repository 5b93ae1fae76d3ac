"""The published log: the same format, the same key, a name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock

from beholden.domain.errors import AuditUnavailable, OperatorError
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.layout import PUBLISHED, VERIFIER_KEY, overwrite
from beholden.engines.audit.trail import FolderTrail
from beholden.engines.audit.writer import LogWriter


class PublishedFolder:
    """The log in `folder`, signed under the audit log's origin and "/public". Raises OperatorError
    if the folder holds a log that was altered or cut."""

    def __init__(self, folder: Path, key_file: Path, origin: str) -> None:
        signer = load_signer(key_file, f"{origin}{PUBLISHED}")
        head = key_file.with_name(f"{key_file.name}.public-head")
        self._trail = FolderTrail(folder)
        self._turn = FileLock(folder.with_name(f"{folder.name}.lock"))
        try:
            with self._turn:
                self._writer = LogWriter(folder, signer, head)
                self._writer.append(())
                overwrite(folder / VERIFIER_KEY, f"{signer.verifier}\n".encode())
        except (AuditUnavailable, OSError) as error:
            raise OperatorError(f"{folder}: {error}") from error

    def size(self) -> int:
        return self._trail.size()

    def head(self) -> str:
        return self._trail.head()

    def entries(self, first: int) -> Iterator[tuple[int, bytes]]:
        return self._trail.entries(first)

    def extend(self, first: int, entries: Sequence[bytes]) -> bool:
        with self._turn:
            # What an earlier call made durable and could not publish counts, too.
            self._writer.publish()
            if self.size() != first:
                return False
            self._writer.append(entries)
            self._writer.publish()
            return True

    def close(self) -> None:
        self._writer.close()
