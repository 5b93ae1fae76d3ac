"""Workers that die, hang and refuse. The tasks are of this module, so that a worker finds them."""

import multiprocessing
import os
import signal
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from beholden.domain.errors import ComputeClosed, OperatorError, TaskFailed, UnreadableVideo
from beholden.engines.compute import process
from beholden.engines.compute.local import LocalCompute
from beholden.engines.compute.process import Limits, WorkerDiedError, WorkerProcess
from beholden.ports.compute import Tasks

pytestmark = pytest.mark.slow


def add(asked):
    return {"sum": sum(asked["numbers"]), "pid": os.getpid()}


def die_until(asked):
    """Ends its process as a crash would, until `times` attempts have left a mark."""
    marks = Path(asked["folder"])
    if len(list(marks.iterdir())) < asked["times"]:
        (marks / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"attempts": len(list(marks.iterdir())) + 1}


def hang(asked):
    threading.Event().wait()


def grow(asked):
    taken = []
    while True:
        taken.append(b"x" * asked["step"])


def refuse(asked):
    raise UnreadableVideo("no video")


def lack(asked):
    raise OperatorError("The model tiny is not installed in /srv/models")


def wrong(asked):
    return {"answer": {}["missing"]}


@contextmanager
def watching(asked):
    """What is held: asked nothing, it says where it is."""

    def answer(question):
        return ANSWERS[question.get("do", "where")](question), b""

    yield answer


ANSWERS = {"where": lambda _: {"pid": os.getpid()}, "hang": hang, "wrong": wrong}


def tasks():
    return Tasks(
        {
            "add": add,
            "die": die_until,
            "hang": hang,
            "grow": grow,
            "refuse": refuse,
            "wrong": wrong,
            "lack": lack,
        },
        {"watch": watching, "lack": lack},
    )


def half(open_tasks, pipe):
    """Begins an answer, and hangs."""
    os.write(pipe.fileno(), struct.pack("!i", 100) + b"x")
    threading.Event().wait()


def endless(open_tasks, pipe):
    """Says that a terabyte follows."""
    os.write(pipe.fileno(), struct.pack("!iQ", -1, 2**40) + b"x")
    threading.Event().wait()


@pytest.fixture
def compute():
    made = LocalCompute(tasks)
    yield made
    made.close()


def test_a_worker_is_kept_for_the_next_task(compute):
    first = compute.run("add", {"numbers": [1, 2]})
    assert first["sum"] == 3
    assert first["pid"] != os.getpid()
    assert compute.run("add", {"numbers": []})["pid"] == first["pid"]


def test_a_task_outlives_its_worker(compute, tmp_path):
    assert compute.run("die", {"folder": str(tmp_path), "times": 2}) == {"attempts": 3}


def test_a_task_that_kills_every_worker_is_given_up(compute, tmp_path):
    with pytest.raises(TaskFailed, match="3 times"):
        compute.run("die", {"folder": str(tmp_path), "times": 9})
    assert compute.run("add", {"numbers": [4]})["sum"] == 4


def test_a_task_that_hangs_is_ended():
    compute = LocalCompute(tasks, limits=Limits(seconds=0.2), attempts=1)
    with pytest.raises(TaskFailed, match=r"took longer than 0.2 s"):
        compute.run("hang", {})
    compute.close()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
def test_a_task_that_takes_too_much_memory_is_ended():
    compute = LocalCompute(tasks, limits=Limits(memory_bytes=300 * 2**20), attempts=1)
    with pytest.raises(TaskFailed, match="took more than 300 MB of memory"):
        compute.run("grow", {"step": 2**20})
    assert compute.run("add", {"numbers": [1]})["sum"] == 1
    compute.close()


def test_what_a_task_refuses_is_not_tried_again(compute):
    with pytest.raises(UnreadableVideo, match="no video"):
        compute.run("refuse", {})


def test_whoever_waits_is_told_that_a_model_is_missing_and_not_where(compute):
    with pytest.raises(TaskFailed, match="run: beholden models install") as error:
        compute.run("lack", {})
    assert "/srv" not in str(error.value)


def test_a_mistake_in_a_task_ends_its_worker_only():
    compute = LocalCompute(tasks, attempts=1)
    with pytest.raises(TaskFailed):
        compute.run("wrong", {})
    assert compute.run("add", {"numbers": [1]})["sum"] == 1
    compute.close()


def test_a_worker_goes_to_whoever_waits_longest(compute):
    """Two who always want the next task take turns, however quick the one who has just ended."""
    order = []

    def run(name):
        for _ in range(3):
            compute.run("add", {"numbers": []})
            order.append(name)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, "ab"))
    assert order[1:-1] in (["b", "a", "b", "a"], ["a", "b", "a", "b"])


def test_closing_ends_what_runs():
    compute = LocalCompute(tasks)
    raised = []

    def run():
        with pytest.raises(ComputeClosed) as error:
            compute.run("hang", {})
        raised.append(error.value)

    thread = threading.Thread(target=run)
    thread.start()
    while not compute._workers[0]._running:
        thread.join(0.01)
    compute.close()
    thread.join(10)
    assert raised


def test_all_that_is_held_is_in_one_process_and_dies_with_it(compute):
    one, other = compute.hold("watch", {}), compute.hold("watch", {})
    (pid,) = {held.ask({})[0]["pid"] for held in (one, other)}
    assert pid != compute.run("add", {"numbers": []})["pid"]
    os.kill(pid, signal.SIGKILL)
    for held in (one, other):
        with pytest.raises(TaskFailed, match="died"):
            held.ask({})
    assert compute.hold("watch", {}).ask({})[0]["pid"] != pid


def test_a_mistake_in_what_is_held_ends_nothing_else(compute):
    one, other = compute.hold("watch", {}), compute.hold("watch", {})
    with pytest.raises(TaskFailed, match="died"):
        one.ask({"do": "wrong"})
    assert other.ask({})


@pytest.mark.parametrize("serve", [half, endless])
def test_an_answer_that_goes_on_for_ever_is_not_waited_for(serve, monkeypatch):
    monkeypatch.setattr(process, "WHOLE_S", 0.2)
    worker = WorkerProcess(serve, tasks, Limits())
    with pytest.raises(WorkerDiedError):
        worker.ask(worker.pipe, {})
    worker.end()
    assert not worker.alive


def test_the_process_of_what_is_alone_ends_with_it(compute):
    held = compute.hold("watch", {}, alone=True)
    pid = held.ask({})[0]["pid"]
    assert pid != compute.hold("watch", {}).ask({})[0]["pid"]
    held.close()
    held.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_process_of_what_is_alone_ends_where_it_was_refused(compute):
    with pytest.raises(TaskFailed):
        compute.hold("lack", {}, alone=True)
    assert multiprocessing.active_children() == []


def test_what_is_held_and_hangs_is_ended():
    compute = LocalCompute(tasks, limits=Limits(seconds=2))
    held = compute.hold("watch", {})
    with pytest.raises(TaskFailed, match="took longer than 2 s"):
        held.ask({"do": "hang"})
    compute.close()


def test_what_cannot_be_held_for_want_of_a_model_says_so_and_not_where(compute):
    with pytest.raises(TaskFailed, match="run: beholden models install"):
        compute.hold("lack", {})
