"""Named tasks in processes of their own, which may die: on this machine or on many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Json = dict[str, Any]
Task = Callable[[Json], Json]
# Called once in each worker process; picklable, so a function of a module or a partial of one.
OpenTasks = Callable[[], Mapping[str, Task]]


class Compute(Protocol):
    def run(self, task: str, asked: Json) -> Json:
        """Run a named task on JSON and return its JSON. Safe to call from many threads.

        A worker that dies or takes too long is replaced and the task run again, so it must have no
        effect but its answer. Raises TaskFailed when its attempts are used up, ComputeClosed
        after `close`, and what the task itself raised of UnreadableVideo, VideoTooLarge,
        InvalidS3Object, InvalidManifest, InvalidParameter and DiskFull. A task that raises
        OperatorError is given up at once.
        """
        ...

    def close(self) -> None:
        """End the workers, whatever they do. Safe to call twice."""
        ...
