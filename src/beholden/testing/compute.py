"""Tasks in this process, at once."""

from __future__ import annotations

import json

from beholden.ports.compute import Json, OpenTasks


class FakeCompute:
    """Runs each task where it is asked for; `ran` names them. `dies` holds what the next calls
    raise instead, as if their worker had died of it."""

    def __init__(self, open_tasks: OpenTasks) -> None:
        self._tasks = open_tasks()
        self.ran: list[str] = []
        self.dies: list[Exception] = []

    def run(self, task: str, asked: Json) -> Json:
        if self.dies:
            raise self.dies.pop(0)
        self.ran.append(task)
        answer: Json = json.loads(json.dumps(self._tasks[task](json.loads(json.dumps(asked)))))
        return answer

    def close(self) -> None:
        return None
