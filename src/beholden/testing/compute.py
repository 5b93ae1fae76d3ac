"""Tasks in this process, at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

from beholden.domain.errors import ComputeClosed, TaskFailed
from beholden.ports.compute import Answer, HeldTask, Json, Meanwhile, OpenTasks, nothing


class FakeCompute:
    """Runs each task where it is asked for, and holds it on a thread of its own; `ran`, `held`, and
    of these `alone`, name them. `dies` holds what the next calls raise instead, as if their worker
    had died of it."""

    def __init__(self, open_tasks: OpenTasks) -> None:
        self._tasks = open_tasks()
        self.ran: list[str] = []
        self.held: list[str] = []
        self.alone: list[str] = []
        self.dies: list[Exception] = []
        self._closed = False

    def run(self, task: str, asked: Json) -> Json:
        self._die()
        self.ran.append(task)
        return _carried(self._tasks.run[task](_carried(asked)))

    def hold(
        self, task: str, asked: Json, meanwhile: Meanwhile = nothing, *, alone: bool = False
    ) -> FakeHeld:
        if self._closed:
            raise ComputeClosed
        self._die()
        self.held.append(task)
        self.alone += [task] * alone
        return FakeHeld(self._tasks.hold[task], _carried(asked), self, meanwhile)

    def close(self) -> None:
        self._closed = True

    def _die(self) -> None:
        if self.dies:
            raise self.dies.pop(0)


class FakeHeld:
    """Implements ports.compute.Held."""

    def __init__(
        self, task: HeldTask, asked: Json, compute: FakeCompute, meanwhile: Meanwhile
    ) -> None:
        self._compute = compute
        self._meanwhile = meanwhile
        self._thread = ThreadPoolExecutor(1)
        self._open = ExitStack()
        self._answer = self._open.enter_context(task(asked))
        self._closed = False

    def ask(self, question: Json) -> Answer:
        if self._closed or self._compute.dies:
            self.close()
            raise self._compute.dies.pop(0) if self._compute.dies else TaskFailed
        answer = self._thread.submit(self._answer, _carried(question))
        try:
            while not wait((answer,), 0.01).done:
                self._meanwhile()
        except BaseException:
            self.close()
            raise
        told, raw = answer.result()
        return _carried(told), raw

    def close(self) -> None:
        self._closed = True
        self._open.close()
        self._thread.shutdown(wait=False)


def _carried(told: Json) -> Json:
    carried: Json = json.loads(json.dumps(told))
    return carried
