"""A worker process, the pipe to it, and what it may take."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Timer
from typing import Any

from beholden.domain.errors import BeholdenError
from beholden.engines.compute.memory import own_memory_bytes
from beholden.engines.compute.worker import REFUSALS
from beholden.ports.compute import Json, Meanwhile, OpenTasks, nothing

# Forked children would share the locks and threads of OpenVINO and SQLite as they happened to be.
SPAWN = multiprocessing.get_context("spawn")
# How often a worker's memory is looked at.
WATCH_S = 0.1
# An answer that has begun is whole within this time, and no longer than this: it may be hostile.
WHOLE_S = 5.0
MOST_BYTES = 256 * 2**20
# The pipes of a process that dies close a moment before it counts as dead.
ENDING_S = 0.1


class WorkerDiedError(Exception):
    """The process ended, or was ended because it took too much."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take before its worker is ended: time, and memory of its own."""

    seconds: float = 600
    memory_bytes: int = 4096 * 2**20


LIMITS = Limits()


class WorkerProcess:
    """Started at once. Only JSON and raw bytes travel back, since what it decodes may be hostile:
    nothing that comes from it is unpickled."""

    def __init__(
        self,
        serve: Callable[[OpenTasks, Connection], None],
        open_tasks: OpenTasks,
        limits: Limits,
    ) -> None:
        self._limits = limits
        self.pipe, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=serve, args=(open_tasks, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def ask(
        self, pipe: Connection, question: object, meanwhile: Meanwhile = nothing
    ) -> tuple[Json, memoryview]:
        """Send JSON and wait for JSON, with bytes after it. Raises WorkerDiedError, what the
        task refused with, or what was raised meanwhile."""
        try:
            pipe.send_bytes(json.dumps(question).encode())
            self._watch(pipe, meanwhile)
            answer = self._whole(pipe)
        except (OSError, EOFError) as error:
            self._process.join(ENDING_S)
            raise WorkerDiedError("died") from error
        end = answer.find(b"\n")
        return _told(json.loads(answer[:end])), memoryview(answer)[end + 1 :]

    def _watch(self, pipe: Connection, meanwhile: Meanwhile) -> None:
        """Until there is an answer. Memory is looked at from outside: a process that is refused it
        (RLIMIT_DATA) may take a frame that it cannot hold for a damaged one, and go on without."""
        most_s, most_bytes = self._limits.seconds, self._limits.memory_bytes
        until = time.monotonic() + most_s
        while not pipe.poll(WATCH_S):
            if time.monotonic() > until:
                self.end()
                raise WorkerDiedError(f"took longer than {most_s:g} s")
            if own_memory_bytes(self.pid) > most_bytes:
                self.end()
                raise WorkerDiedError(f"took more than {most_bytes / 2**20:g} MB of memory")
            meanwhile()

    def _whole(self, pipe: Connection) -> bytes:
        """A read waits for the rest for ever; the end of the process ends it."""
        late = Timer(WHOLE_S, self._process.kill)
        late.start()
        try:
            return pipe.recv_bytes(MOST_BYTES)
        finally:
            late.cancel()

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _told(answer: Any) -> Json:
    if "refused" in answer:
        kind: type[BeholdenError] = REFUSALS[answer["refused"]]
        raise kind(answer["message"])
    result: Json = answer["result"]
    return result
