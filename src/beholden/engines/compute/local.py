"""Worker processes on this machine: one task at a time each, replaced when they die; and one that
holds whatever remembers."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

from beholden.domain.errors import BeholdenError, ComputeClosed, TaskFailed
from beholden.engines.compute.held import Holder
from beholden.engines.compute.process import LIMITS, Limits, WorkerDiedError, WorkerProcess
from beholden.engines.compute.worker import serve
from beholden.ports.compute import Held, Json, Meanwhile, OpenTasks, nothing

LOG = logging.getLogger(__name__)


class LocalCompute:
    """Implements ports.compute.Compute with `workers` processes for tasks that are run, and
    one for those that are held; each is started when first needed."""

    def __init__(
        self,
        open_tasks: OpenTasks,
        workers: int = 1,
        limits: Limits = LIMITS,
        attempts: int = 3,
    ) -> None:
        """`open_tasks` must be picklable. A task that has failed `attempts` times is given up."""
        self._attempts = attempts
        self._workers = [Worker(open_tasks, limits) for _ in range(workers)]
        self._turns = Turns(self._workers)
        self._holder = Holder(open_tasks, limits)
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

    def hold(
        self, task: str, asked: Json, meanwhile: Meanwhile = nothing, *, alone: bool = False
    ) -> Held:
        return self._holder.hold(task, asked, meanwhile, alone=alone)

    def close(self) -> None:
        self._closed = True
        self._holder.close()
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
    """One process for one task after the other; the next one is another if it has died."""

    def __init__(self, open_tasks: OpenTasks, limits: Limits) -> None:
        self._open_tasks = open_tasks
        self._limits = limits
        self._running: WorkerProcess | None = None

    def run(self, task: str, asked: Json) -> Json:
        """Raises WorkerDiedError, or what the task refused with."""
        running = self._running = self._running or WorkerProcess(
            serve, self._open_tasks, self._limits
        )
        try:
            return running.ask(running.pipe, [task, asked])[0]
        except BeholdenError:
            raise
        except BaseException:  # what it would still answer belongs to nobody
            self.end()
            raise

    def end(self) -> None:
        running, self._running = self._running, None
        if running:
            running.end()
