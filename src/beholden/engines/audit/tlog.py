"""The audit port on a tiled transparency log: one flush serves all who wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beholden.domain.audit import AuditRecord, Logged
from beholden.domain.errors import AuditUnavailable, OperatorError
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.layout import VERIFIER_KEY, overwrite
from beholden.engines.audit.records import encode
from beholden.engines.audit.writer import LogWriter

PUBLISH_AFTER_S = 0.1
PUBLISH_AGAIN_S = 1.0
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    """One append: what it adds, and what became of it."""

    entry: bytes
    outcome: Logged | AuditUnavailable | None = None


class TileLog:
    """The log in `folder`, signed by the key in `key_file` under the name `origin`.

    Many threads and many processes may append; `size` is the log's when this one last did. Raises
    OperatorError if the folder holds a log that was altered or cut, or that another key signed.
    """

    def __init__(self, folder: Path, key_file: Path, origin: str) -> None:
        signer = load_signer(key_file, origin)
        self.verifier = signer.verifier
        head = key_file.with_name(key_file.name + ".head")
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._committing, self._wanted_alone = False, 0
        self._unpublished, self._closed = False, threading.Event()
        self._publisher = threading.Thread(
            target=self._publish_by_itself, name="checkpoints", daemon=True
        )
        try:
            self._writer = LogWriter(folder, signer, head)
            self.size = self._writer.append(())
            overwrite(folder / VERIFIER_KEY, f"{signer.verifier}\n".encode())
        except (AuditUnavailable, OSError) as error:
            raise OperatorError(
                f"{folder}: {error}. If its disk is full, free some space; the log is never cut."
            ) from error
        self._publisher.start()

    def append(self, record: AuditRecord) -> Logged:
        """Durable when this returns; under a signed checkpoint within PUBLISH_AFTER_S."""
        if not self._publisher.is_alive():
            raise AuditUnavailable("the audit log is closed, or nobody signs checkpoints any more")
        mine = _Waiting(encode(record))
        with self._changed:
            self._waiting.append(mine)
            self._changed.wait_for(lambda: mine.outcome is not None or self._free())
            # Whoever gets here first commits for all who wait; they then find theirs done.
            batch = self._take() if mine.outcome is None else []
        if batch:
            self._commit(batch)
        if isinstance(mine.outcome, Logged):
            return mine.outcome
        raise AuditUnavailable(str(mine.outcome))

    def publish(self) -> None:
        """See ports.audit.Audit."""
        if not self._unpublished:
            return
        with self._alone():
            if self._unpublished:
                try:
                    self._writer.publish()
                    self._unpublished = False
                except AuditUnavailable as error:
                    _log.error("durable, but not under a checkpoint yet: %s", error)

    def close(self) -> None:
        """Publish, and release the log, once whoever writes is done. Safe to call twice."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
        self._publisher.join()
        self.publish()
        with self._alone():
            self._writer.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While nobody else writes; who comes meanwhile waits, and appends come after: there is
        always another."""
        with self._changed:
            self._wanted_alone += 1
            try:
                self._changed.wait_for(lambda: not self._committing)
                self._committing = True
            finally:
                self._wanted_alone -= 1
        try:
            yield
        finally:
            with self._changed:
                self._committing = False
                self._changed.notify_all()

    def _publish_by_itself(self) -> None:
        while not self._closed.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._unpublished or self._closed.is_set())
            self._closed.wait(PUBLISH_AFTER_S)
            self.publish()
            if self._unpublished:
                self._closed.wait(PUBLISH_AGAIN_S)

    def _free(self) -> bool:
        return not (self._committing or self._wanted_alone)

    def _take(self) -> list[_Waiting]:
        self._committing = True
        batch, self._waiting = self._waiting, []
        return batch

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        failure = AuditUnavailable("the audit log was interrupted while it was written")
        try:
            first = self._writer.append([waiting.entry for waiting in batch])
        except AuditUnavailable as error:
            failure = error
        else:
            self._unpublished = True
            self.size = first + len(batch)
            for index, waiting in enumerate(batch, first):
                waiting.outcome = Logged(index, first + len(batch))
        finally:
            with self._changed:
                for waiting in batch:
                    waiting.outcome = waiting.outcome or failure
                self._committing = False
                self._changed.notify_all()
