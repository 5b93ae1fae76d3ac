"""A witness: cosigns what extends what it cosigned before, and nothing else.

For each log the last cosigned checkpoint is a file; no memory but that is relied upon, so a
witness that was killed goes on where it stood. Of what is refused though the log's key signed it,
the latest is kept: beside the checkpoint of the same size, a `.fork` proves that the log has two
histories; a `.doubtful` one came without a proof that it extends what was there.
"""

from __future__ import annotations

import fcntl
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from beholden.engines.audit.cosign import Cosigner
from beholden.engines.audit.layout import make_folder, write_durable
from beholden.engines.audit.merkle import EMPTY_ROOT, is_consistent
from beholden.engines.audit.note import Checkpoint, CheckpointError, Verifier, origin_of
from beholden.ports.clock import Clock
from beholden.ports.witness import NotCosignedError

SIZE_TYPE = "text/x.tlog.size"
MAX_PROOF_LINES = 63


@dataclass(frozen=True, slots=True)
class FileWitness:
    """A witness with its state in `folder`; `logs` are those it knows, by origin."""

    folder: Path
    cosigner: Cosigner
    logs: Mapping[str, Verifier]
    clock: Clock

    def add_checkpoint(self, body: str) -> str:
        """See ports.witness.WitnessDuty; the checks are in the order of C2SP tlog-witness."""
        old, proof, note = _parse(body)
        log = self.logs.get(origin_of(note))
        if log is None:
            raise NotCosignedError(404, "this log is unknown here\n")
        try:
            new = log.open(note)
        except CheckpointError as error:
            raise NotCosignedError(403, f"{error}\n") from error
        if old > new.size:
            raise NotCosignedError(400, "the old size is larger than the checkpoint's\n")
        with self._locked():
            known = self._known(log)
            if old != known.size:
                raise NotCosignedError(409, f"{known.size}\n", SIZE_TYPE)
            if not is_consistent(known.size, known.root, new.size, new.root, proof):
                fork = new.size == known.size
                write_durable(self._file(log, "fork" if fork else "doubtful"), note.encode())
                if fork:
                    raise NotCosignedError(409, f"{known.size}\n", SIZE_TYPE)
                raise NotCosignedError(
                    422, "the proof does not show that nothing before it changed\n"
                )
            write_durable(self._file(log), note.encode())
            return self.cosigner.cosign(note, int(self.clock.now().timestamp()))

    def _known(self, log: Verifier) -> Checkpoint:
        """The last checkpoint that was cosigned."""
        path = self._file(log)
        if not path.exists():
            return Checkpoint(log.name, 0, EMPTY_ROOT)
        return log.open(path.read_text(encoding="utf-8"))

    def _file(self, log: Verifier, kind: str = "checkpoint") -> Path:
        return self.folder / f"{sha256(log.name.encode()).hexdigest()}.{kind}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One request at a time, of all threads and processes: checking and writing are one."""
        make_folder(self.folder)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _parse(body: str) -> tuple[int, list[bytes], str]:
    """Old size, proof and checkpoint of a request. Raises NotCosignedError."""
    head, _, note = body.partition("\n\n")
    first, *lines = head.split("\n")
    size = first.removeprefix("old ")
    try:
        if f"old {int(size)}" != first or int(size) < 0 or len(lines) > MAX_PROOF_LINES:
            raise ValueError(first)
        return int(size), [b64decode(line, validate=True) for line in lines], note
    except (ValueError, Base64Error) as error:
        raise NotCosignedError(400, "not an add-checkpoint request\n") from error
