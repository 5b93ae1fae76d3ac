"""Worker processes on this machine: one task at a time each, replaced when they die."""

from __future__ import annotations

import json
import logging
import multiprocessing
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock

from beholden.domain.errors import BeholdenError, ComputeClosed, TaskFailed
from beholden.engines.compute.memory import own_memory_bytes
from beholden.engines.compute.worker import REFUSALS, serve
from beholden.ports.compute import Json, OpenTasks

LOG = logging.getLogger(__name__)
# Forked children would share the locks and threads of OpenVINO and SQLite as they happened to be.
SPAWN = multiprocessing.get_context("spawn")


# How often a worker's memory is looked at.
WATCH_S = 0.1


class WorkerDiedError(Exception):
    """The process ended, or was ended because it took too much."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take before its worker is ended: time, and memory of its own."""

    seconds: float = 600
    memory_bytes: int = 4096 * 2**20


class LocalCompute:
    """Implements ports.compute.Compute with `workers` processes, started when first needed."""

    def __init__(
        self,
        open_tasks: OpenTasks,
        workers: int = 1,
        limits: Limits = Limits(),
        attempts: int = 3,
    ) -> None:
        """`open_tasks` must be picklable. A task that has failed `attempts` times is given up."""
        self._attempts = attempts
        self._workers = [Worker(open_tasks, limits) for _ in range(workers)]
        self._turns = Turns(self._workers)
        self._closed = False

    def run(self, task: str, asked: Json) -> Json:
        worker = self._turns.take()
        try:
            return self._run(worker, task, asked)
        finally:
            self._turns.give(worker)

    def _run(self, worker: Worker, task: str, asked: Json) -> Json:
        cause = ""
        for attempt in range(1, self._attempts + 1):
            if self._closed:
                raise ComputeClosed
            try:
                return worker.run(task, asked)
            except WorkerDiedError as death:
                LOG.warning("%s, attempt %d: the worker process %s", task, attempt, death)
                cause = str(death)
        raise TaskFailed(
            f"Its worker process ended {self._attempts} times before it was done: it {cause}."
        )

    def close(self) -> None:
        self._closed = True
        for worker in self._workers:
            worker.end()


class Turns:
    """Workers for tasks, in the order in which they ask: whoever gives one back and wants another
    comes after all who wait. So a long job cannot keep a worker from the others."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._lock = Lock()
        self._idle = deque(workers)
        self._waiting: deque[Future[Worker]] = deque()

    def take(self) -> Worker:
        turn: Future[Worker] = Future()
        with self._lock:
            if self._idle:
                return self._idle.popleft()
            self._waiting.append(turn)
        return turn.result()

    def give(self, worker: Worker) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set_result(worker)
            else:
                self._idle.append(worker)


class Worker:
    """One process and the pipe to it; only JSON travels back, since what it decodes may be
    hostile."""

    def __init__(self, open_tasks: OpenTasks, limits: Limits) -> None:
        self._open_tasks = open_tasks
        self._limits = limits
        self._running: tuple[BaseProcess, Connection] | None = None

    def run(self, task: str, asked: Json) -> Json:
        """Raises WorkerDiedError, or what the task refused with."""
        process, pipe = self._running or self._start()
        try:
            pipe.send_bytes(json.dumps([task, asked]).encode())
            self._watch(process, pipe)
            answer = json.loads(pipe.recv_bytes())
        except (OSError, EOFError) as error:
            self.end()
            raise WorkerDiedError("died") from error
        except BaseException:  # what it would still answer belongs to nobody
            self.end()
            raise
        return _result(answer)

    def _watch(self, process: BaseProcess, pipe: Connection) -> None:
        """Until there is an answer. Memory is looked at from outside: a process that is refused it
        (RLIMIT_DATA) may take a frame that it cannot hold for a damaged one, and go on without."""
        most_s, most_bytes = self._limits.seconds, self._limits.memory_bytes
        until = time.monotonic() + most_s
        while not pipe.poll(WATCH_S):
            if time.monotonic() > until:
                raise WorkerDiedError(f"took longer than {most_s:g} s")
            if own_memory_bytes(process.pid or 0) > most_bytes:
                raise WorkerDiedError(f"took more than {most_bytes / 2**20:g} MB of memory")

    def end(self) -> None:
        running, self._running = self._running, None
        if running:
            running[0].kill()
            running[0].join()
            running[1].close()

    def _start(self) -> tuple[BaseProcess, Connection]:
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=serve, args=(self._open_tasks, theirs), daemon=True)
        process.start()
        theirs.close()
        self._running = (process, ours)
        return self._running


def _result(answer: Json) -> Json:
    if "refused" in answer:
        kind: type[BeholdenError] = REFUSALS[answer["refused"]]
        raise kind(answer["message"])
    result: Json = answer["result"]
    return result
