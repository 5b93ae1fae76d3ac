"""The witnesses of this log: each is sent every new checkpoint, and what it cosigned is kept."""

from __future__ import annotations

import logging
import threading
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from beholden.domain.errors import OperatorError
from beholden.engines.audit.cosign import Witness, cosigned_path
from beholden.engines.audit.layout import write_durable
from beholden.engines.audit.note import Checkpoint, CheckpointError
from beholden.engines.audit.proofs import consistency
from beholden.engines.audit.reading import signed_head
from beholden.engines.audit.tlog import TileLog
from beholden.ports.clock import Clock

EVERY_S = 10.0
_TIMEOUT_S = 10.0
_log = logging.getLogger(__name__)


class WitnessFailedError(Exception):
    """A witness did not cosign; the message says why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How many witnesses must have cosigned, how many entries may be newer than what they did, and
    how old that may be, in seconds."""

    quorum: int = 0
    entries: int = 1000
    age_s: int = 3600


@dataclass(slots=True)
class _Followed:
    """A witness, where it is, the size and time (s since 1970) of its last cosignature, and what
    went wrong since."""

    url: str
    witness: Witness
    last: tuple[int, int] = (0, 0)
    failure: str = ""


@dataclass(slots=True)
class Witnesses:
    """Sends checkpoints from a thread of its own, once started. `places` are lines "URL KEY".
    Raises OperatorError if one is malformed, or if the terms ask for more witnesses."""

    folder: Path
    log: TileLog
    places: Sequence[str]
    terms: Terms
    clock: Clock
    _followed: list[_Followed] = field(init=False)
    _pool: urllib3.PoolManager = field(init=False)
    _wake: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread | None = field(init=False, default=None)
    _closed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._followed = [_followed(line) for line in self.places]
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT_S, retries=False)
        if len({f.witness.public for f in self._followed}) < self.terms.quorum:
            raise OperatorError(
                f"{self.terms.quorum} witnesses must cosign, and {len(self._followed)} are known: "
                "set BEHOLDEN_WITNESSES, or lower BEHOLDEN_WITNESS_QUORUM"
            )
        for followed in self._followed:
            followed.last = self._kept(followed.witness)

    def stated(self) -> dict[str, object]:
        """The terms, for the log."""
        return {
            "witnesses": [str(followed.witness) for followed in self._followed],
            "quorum": self.terms.quorum,
            "entries": self.terms.entries,
            "age_s": self.terms.age_s,
        }

    def enough(self) -> bool:
        """See ports.witness.Cosigned."""
        if not self.terms.quorum:
            return True
        size, now = self.log.size, self.clock.now().timestamp()
        behind = [size - f.last[0] for f in self._followed]
        if max(behind) > self.terms.entries // 2:
            self._wake.set()
        fresh = (
            missing <= self.terms.entries and abs(now - f.last[1]) <= self.terms.age_s
            for missing, f in zip(behind, self._followed, strict=True)
        )
        return sum(fresh) >= self.terms.quorum

    def start(self) -> None:
        """Begin; does nothing without witnesses."""
        if self._followed:
            self._thread = threading.Thread(target=self._run, name="witnesses", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End, once the request under way is answered. Safe to call twice."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def round(self) -> None:
        """Send the checkpoint to every witness that has not seen it, or not for long; to all at
        once, so that none waits for one that does not answer."""
        self.log.publish()
        with ThreadPoolExecutor(len(self._followed) or 1) as pool:
            list(pool.map(self._follow, self._followed))

    def _follow(self, followed: _Followed) -> None:
        failure = ""
        try:
            self._submit(followed)
        except (WitnessFailedError, CheckpointError, OSError) as error:
            failure = str(error)
        if failure not in ("", followed.failure):
            _log.warning("witness %s did not cosign: %s", followed.witness.name, failure)
        followed.failure = failure

    def _run(self) -> None:
        while not self._closed:
            self.round()
            self._wake.wait(EVERY_S)
            self._wake.clear()

    def _submit(self, followed: _Followed) -> None:
        note, head = signed_head(self.folder, self.log.verifier)
        size, time = followed.last
        if head.size == size and self.clock.now().timestamp() - time < self.terms.age_s / 3:
            return
        line = self._ask(followed, note, head)
        cosigned = note + line
        when = followed.witness.cosigned(cosigned)
        if when is None:
            raise WitnessFailedError("its answer holds no cosignature with its key")
        write_durable(self.folder / cosigned_path(followed.witness), cosigned.encode())
        followed.last = (head.size, when)

    def _ask(self, followed: _Followed, note: str, head: Checkpoint) -> str:
        """The witness's signature line. It says itself where it stands, if we are mistaken."""
        old = followed.last[0]
        for _ in range(2):
            status, text = self._post(followed.url, old, head.size, note)
            if status == 200:
                lines = text.splitlines(keepends=True)
                return "".join(ln for ln in lines if ln.split(" ")[1:2] == [followed.witness.name])
            if status != 409 or not text.strip().isdecimal():
                break
            old = int(text)
            if old > head.size:
                raise WitnessFailedError(
                    f"it cosigned {old} entries of this log, and here are {head.size}: the log "
                    "was rolled back, or another one is signed with its key"
                )
        raise WitnessFailedError(f"it answered {status}: {text.strip()[:200]}")

    def _post(self, url: str, old: int, size: int, note: str) -> tuple[int, str]:
        proof = consistency(self.folder, old, size)
        lines = [f"old {old}", *(b64encode(node).decode() for node in proof), "", note]
        try:
            answer = self._pool.request(
                "POST", f"{url}/add-checkpoint", body="\n".join(lines).encode()
            )
        except urllib3.exceptions.HTTPError as error:
            raise WitnessFailedError(f"{url} cannot be reached") from error
        return answer.status, answer.data.decode(errors="replace")

    def _kept(self, witness: Witness) -> tuple[int, int]:
        """The size and time of the cosignature that was kept before this start."""
        path = self.folder / cosigned_path(witness)
        if not path.exists():
            return 0, 0
        note = path.read_text(encoding="utf-8")
        try:
            size = self.log.verifier.open(note).size
        except CheckpointError:
            return 0, 0
        time = witness.cosigned(note)
        return (0, 0) if time is None else (size, time)


def _followed(line: str) -> _Followed:
    try:
        url, key = line.split()
        return _Followed(url.rstrip("/"), Witness.parse(key))
    except ValueError as error:
        raise OperatorError(f'a witness is "URL NAME+ID+KEY", not {line!r}: {error}') from error
