"""Tasks in this process, at once."""

from __future__ import annotations

import json
from contextlib import ExitStack

from beholden.domain.errors import ComputeClosed, TaskFailed
from beholden.ports.compute import Answer, HeldTask, Json, OpenTasks


class FakeCompute:
    """Runs each task where it is asked for, and holds it; `ran` and `held` name them. `dies` holds
    what the next calls raise instead, as if their worker had died of it."""

    def __init__(self, open_tasks: OpenTasks) -> None:
        self._tasks = open_tasks()
        self.ran: list[str] = []
        self.held: list[str] = []
        self.dies: list[Exception] = []
        self._closed = False

    def run(self, task: str, asked: Json) -> Json:
        self._die()
        self.ran.append(task)
        return _carried(self._tasks.run[task](_carried(asked)))

    def hold(self, task: str, asked: Json) -> FakeHeld:
        if self._closed:
            raise ComputeClosed
        self._die()
        self.held.append(task)
        return FakeHeld(self._tasks.hold[task], _carried(asked), self)

    def close(self) -> None:
        self._closed = True

    def _die(self) -> None:
        if self.dies:
            raise self.dies.pop(0)


class FakeHeld:
    """Implements ports.compute.Held."""

    def __init__(self, task: HeldTask, asked: Json, compute: FakeCompute) -> None:
        self._compute = compute
        self._open = ExitStack()
        self._answer = self._open.enter_context(task(asked))
        self._closed = False

    def ask(self, question: Json) -> Answer:
        if self._closed or self._compute.dies:
            self.close()
            raise self._compute.dies.pop(0) if self._compute.dies else TaskFailed
        told, raw = self._answer(_carried(question))
        return _carried(told), raw

    def close(self) -> None:
        self._closed = True
        self._open.close()


def _carried(told: Json) -> Json:
    carried: Json = json.loads(json.dumps(told))
    return carried
