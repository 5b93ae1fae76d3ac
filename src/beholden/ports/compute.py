"""Named tasks in processes of their own, which may die: on this machine or on many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]
Task = Callable[[Json], Json]
# JSON, and bytes beside it that would be too large for it: pixels.
Answer = tuple[Json, bytes | memoryview]
# One that remembers: entered with what it is asked for, it answers questions until it is left.
HeldTask = Callable[[Json], AbstractContextManager[Callable[[Json], Answer]]]
# Called several times a second while an answer is waited for. What it raises ends the waiting.
Meanwhile = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Tasks:
    """What can be run, and what can be held, by name."""

    run: Mapping[str, Task] = field(default_factory=dict)
    hold: Mapping[str, HeldTask] = field(default_factory=dict)


def nothing() -> None:
    """Whoever waits has nothing else to do."""


# Called once in each worker process; picklable, so a function of a module or a partial of one.
OpenTasks = Callable[[], Tasks]


class Held(Protocol):
    """A task that is held: a thread at a time asks it."""

    def ask(self, question: Json) -> Answer:
        """Raises TaskFailed if its process has died or takes too long, and what was raised
        meanwhile: then it remembers nothing any more, and is held no longer. Raises also what the
        task refused with, as `run` does."""
        ...

    def close(self) -> None:
        """It is left once it has answered. Safe to call twice."""
        ...


class Compute(Protocol):
    """Nothing here has an effect but its answers."""

    def run(self, task: str, asked: Json) -> Json:
        """Run a named task on JSON and return its JSON. Safe to call from many threads.

        A worker that dies or takes too long is replaced and the task run again, so it must have no
        effect but its answer. Raises TaskFailed when its attempts are used up, ComputeClosed
        after `close`, and what the task itself raised of UnreadableVideo, VideoTooLarge,
        InvalidS3Object, InvalidManifest, InvalidParameter and DiskFull. A task that raises
        OperatorError is given up at once.
        """
        ...

    def hold(
        self, task: str, asked: Json, meanwhile: Meanwhile = nothing, *, alone: bool = False
    ) -> Held:
        """Begin a named task that remembers; nobody begins it again. If it is to be `alone`, no
        other dies of it. Safe to call from many threads. Raises as `run` does, and what was raised
        `meanwhile`, now or whenever it is asked."""
        ...

    def close(self) -> None:
        """End the workers, whatever they do. Safe to call twice."""
        ...
