"""One worker process that holds many tasks, a thread and a pipe each: they share its networks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from threading import Lock

from beholden.domain.errors import ComputeClosed, TaskFailed
from beholden.engines.compute.process import SPAWN, Limits, WorkerDiedError, WorkerProcess
from beholden.engines.compute.worker import hold
from beholden.ports.compute import Answer, Json, OpenTasks

# Whoever asks is to be told in time: they have other things to do each second.
MOST_S = 30.0


class Holder:
    """Its process is started when first needed, and another with the next task once it has died."""

    def __init__(self, open_tasks: OpenTasks, limits: Limits) -> None:
        self._open_tasks = open_tasks
        self._limits = replace(limits, seconds=min(limits.seconds, MOST_S))
        self._lock = Lock()
        self._running: WorkerProcess | None = None
        self._closed = False

    def hold(self, task: str, asked: Json) -> HeldInProcess:
        with self._lock:
            process = self._alive()
            ours, theirs = SPAWN.Pipe()
            # By the socket itself. Were it sent as an object, this process would listen for whoever
            # fetches it, and unpickle what they say.
            with theirs, suppress(ConnectionError):
                send_handle(process.pipe, theirs.fileno(), process.pid)
        held = HeldInProcess(process, ours)
        held.ask([task, asked])
        return held

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._running:
                self._running.end()

    def _alive(self) -> WorkerProcess:
        if self._closed:
            raise ComputeClosed
        if self._running is None or not self._running.alive:
            self._running = WorkerProcess(hold, self._open_tasks, self._limits)
        return self._running


class HeldInProcess:
    """Implements ports.compute.Held."""

    def __init__(self, process: WorkerProcess, pipe: Connection) -> None:
        self._process = process
        self._pipe = pipe

    def ask(self, question: Json | list[object]) -> Answer:
        try:
            return self._process.ask(self._pipe, question)
        except WorkerDiedError as death:
            self.close()
            raise TaskFailed(f"The worker process that held it {death}.") from death

    def close(self) -> None:
        self._pipe.close()
