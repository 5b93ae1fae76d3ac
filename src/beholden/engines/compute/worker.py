"""Inside a worker process: take a task, run it, answer; end when the server ends."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from contextlib import suppress
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from pathlib import Path

from beholden.domain.errors import (
    BeholdenError,
    DiskFull,
    InvalidManifest,
    InvalidParameter,
    InvalidS3Object,
    OperatorError,
    TaskFailed,
    UnreadableVideo,
    VideoTooLarge,
)
from beholden.ports.compute import Json, OpenTasks, Task

LOG = logging.getLogger(__name__)

# Errors that a task may answer with: another attempt would be in vain.
REFUSALS: dict[str, type[BeholdenError]] = {
    kind.__name__: kind
    for kind in (
        UnreadableVideo,
        VideoTooLarge,
        InvalidS3Object,
        InvalidManifest,
        InvalidParameter,
        DiskFull,
        TaskFailed,
    )
}
# Details may name folders of this machine: they are for whoever reads its log.
NOT_READY = (
    "The server lacks something for this: its log says what. If it is a model, the operator must "
    "run: beholden models install"
)


def serve(open_tasks: OpenTasks, pipe: Connection) -> None:
    """Until the pipe closes. Signals of the terminal are for the server to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _go_first()
    tasks = open_tasks()
    while True:
        try:
            name, asked = json.loads(pipe.recv_bytes())
        except EOFError:
            return
        pipe.send_bytes(json.dumps(_answer(tasks[name], asked)).encode())


def _answer(task: Task, asked: Json) -> Json:
    """Any other error ends the process, with its traceback in the server's log."""
    try:
        return {"result": _run(task, asked)}
    except tuple(REFUSALS.values()) as error:
        return {"refused": type(error).__name__, "message": str(error)}


def _run(task: Task, asked: Json) -> Json:
    try:
        return task(asked)
    except OperatorError as error:
        LOG.error("a task cannot be run: %s", error)
        raise TaskFailed(NOT_READY) from error


def _go_first() -> None:
    """Where memory runs out, Linux ends a worker (its task is tried again), not the server."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _end_with_parent() -> None:
    """A server that was killed leaves no process behind that decodes for nobody."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(1)
