"""Inside a worker process: take a task, run it or hold it, answer; end when the server ends."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import Any, TypeVar

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
from beholden.ports.compute import HeldTask, Json, OpenTasks

LOG = logging.getLogger(__name__)
T = TypeVar("T")

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
    """Run one task after the other, until the pipe closes. An error that is none of REFUSALS ends
    the process, with its traceback in the server's log."""
    _begin()
    tasks = open_tasks().run
    for name, asked in _questions(pipe):
        header, result = _answered(partial(tasks[name], asked))
        _send(pipe, {"result": result} | header)


def hold(open_tasks: OpenTasks, pipe: Connection) -> None:
    """Hold a task for each pipe that comes through this one, until it closes."""
    _begin()
    tasks = open_tasks().hold
    with suppress(EOFError, ConnectionError):
        while True:
            own = Connection(recv_handle(pipe))
            threading.Thread(target=_hold, args=(tasks, own), name="held", daemon=True).start()


def _hold(tasks: Mapping[str, HeldTask], pipe: Connection) -> None:
    """Until the pipe closes. An error that is none of REFUSALS ends this task only, with its
    traceback in the server's log."""
    with pipe, ExitStack() as opened:
        questions = _questions(pipe)
        name, asked = next(questions)
        header, answer = _answered(lambda: opened.enter_context(tasks[name](asked)))
        _send(pipe, {"result": {}} | header)
        if answer is None:
            return
        for question in questions:
            header, told = _answered(partial(answer, question))
            result, raw = told or ({}, b"")
            _send(pipe, {"result": result} | header, raw)


def _questions(pipe: Connection) -> Iterator[Any]:
    with suppress(EOFError, ConnectionError):
        while True:
            yield json.loads(pipe.recv_bytes())


def _send(pipe: Connection, answer: Json, raw: bytes | memoryview = b"") -> None:
    with suppress(ConnectionError):  # whoever asked is gone: there is no further question
        pipe.send_bytes(b"\n".join((json.dumps(answer).encode(), raw)))


def _answered(task: Callable[[], T]) -> tuple[Json, T | None]:
    """What it gave, or what it refused with."""
    try:
        return {}, task()
    except OperatorError as error:
        LOG.error("a task cannot be run: %s", error)
        return {"refused": TaskFailed.__name__, "message": NOT_READY}, None
    except tuple(REFUSALS.values()) as error:
        return {"refused": type(error).__name__, "message": str(error)}, None


def _begin() -> None:
    """Signals of the terminal are for the server to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _go_first()


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
