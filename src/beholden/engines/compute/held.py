"""One worker process that holds many tasks, a thread and a pipe each: they share its networks; and
others for those that are to be alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from threading import Lock

from beholden.domain.errors import BeholdenError, ComputeClosed, TaskFailed
from beholden.engines.compute.process import SPAWN, Limits, WorkerDiedError, WorkerProcess
from beholden.engines.compute.worker import hold
from beholden.ports.compute import Answer, Json, Meanwhile, OpenTasks

# Whoever asks is to be told in time: they have other things to do each second.
MOST_S = 30.0


class Holder:
    """The process of those that share it is started when first needed, and another with the next
    task once it has died."""

    def __init__(self, open_tasks: OpenTasks, limits: Limits) -> None:
        self._open_tasks = open_tasks
        self._limits = replace(limits, seconds=min(limits.seconds, MOST_S))
        self._lock = Lock()
        self._shared: WorkerProcess | None = None
        self._alone: list[WorkerProcess] = []
        self._closed = False

    def hold(self, task: str, asked: Json, meanwhile: Meanwhile, *, alone: bool) -> HeldInProcess:
        with self._lock:
            process = self._process(alone=alone)
            ours, theirs = SPAWN.Pipe()
            # By the socket itself. Were it sent as an object, this process would listen for whoever
            # fetches it, and unpickle what they say.
            with theirs, suppress(OSError):  # it has just died, or been ended
                send_handle(process.pipe, theirs.fileno(), process.pid)
        held = HeldInProcess(process, ours, meanwhile, alone=alone)
        try:
            held.ask([task, asked])
        except BaseException:
            held.close()
            raise
        return held

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for process in filter(None, (self._shared, *self._alone)):
                process.end()

    def _process(self, *, alone: bool) -> WorkerProcess:
        if self._closed:
            raise ComputeClosed
        if alone:
            self._alone = [one for one in self._alone if one.alive]
            self._alone.append(self._started())
            return self._alone[-1]
        if self._shared is None or not self._shared.alive:
            self._shared = self._started()
        return self._shared

    def _started(self) -> WorkerProcess:
        return WorkerProcess(hold, self._open_tasks, self._limits)


class HeldInProcess:
    """Implements ports.compute.Held."""

    def __init__(
        self, process: WorkerProcess, pipe: Connection, meanwhile: Meanwhile, *, alone: bool
    ) -> None:
        self._process = process
        self._pipe = pipe
        self._meanwhile = meanwhile
        self._alone = alone

    def ask(self, question: Json | list[object]) -> Answer:
        try:
            return self._process.ask(self._pipe, question, self._meanwhile)
        except BeholdenError:
            raise
        except WorkerDiedError as death:
            self.close()
            raise TaskFailed(f"The worker process that held it {death}.") from death
        except BaseException:  # what it would still answer belongs to nobody
            self.close()
            raise

    def close(self) -> None:
        self._pipe.close()
        if self._alone:
            self._process.end()
