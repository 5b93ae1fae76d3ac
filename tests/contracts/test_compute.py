"""What ports.compute promises of tasks that are held, asked of the real engine and of the fake."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from beholden.domain.errors import ComputeClosed, InvalidParameter, TaskFailed
from beholden.engines.compute.local import LocalCompute
from beholden.ports.compute import Answer, Compute, Json, Tasks
from beholden.testing.compute import FakeCompute


@contextmanager
def sums(asked: Json) -> Iterator[Callable[[Json], Answer]]:
    """Remembers a sum, and leaves a mark when it is left."""
    if "refuse" in asked:
        raise InvalidParameter(asked["refuse"])
    known = [asked["begin"]]

    def answer(question: Json) -> Answer:
        if "die" in question:
            os.kill(os.getpid(), signal.SIGKILL)
        if "refuse" in question:
            raise InvalidParameter(question["refuse"])
        while "until" in question and not Path(question["until"]).exists():
            Event().wait(0.01)
        known[0] += question.get("add", 0)
        return {"sum": known[0]}, b"\n\x00" * question.get("pairs", 0)

    yield answer
    if "mark" in asked:
        Path(asked["mark"]).touch()


def tasks() -> Tasks:
    return Tasks(hold={"sums": sums})


@pytest.fixture(params=["processes", "fake"])
def compute(request: pytest.FixtureRequest) -> Iterator[Compute]:
    made: Compute = LocalCompute(tasks) if request.param == "processes" else FakeCompute(tasks)
    yield made
    made.close()


def total(answer: Answer) -> int:
    told, raw = answer
    assert len(raw) == 0
    number: int = told["sum"]
    return number


def test_it_remembers_and_each_for_itself(compute: Compute) -> None:
    one, other = compute.hold("sums", {"begin": 1}), compute.hold("sums", {"begin": 10})
    assert [total(one.ask({"add": 1})), total(one.ask({"add": 2}))] == [2, 4]
    assert total(other.ask({"add": 1})) == 11


def test_bytes_come_as_they_are(compute: Compute) -> None:
    told, raw = compute.hold("sums", {"begin": 1}).ask({"pairs": 3_000_000})
    assert told == {"sum": 1}
    assert bytes(raw) == b"\n\x00" * 3_000_000


def test_what_it_refuses_is_told_and_it_goes_on(compute: Compute) -> None:
    with pytest.raises(InvalidParameter, match="no such"):
        compute.hold("sums", {"refuse": "no such"})
    held = compute.hold("sums", {"begin": 1})
    with pytest.raises(InvalidParameter, match="not now"):
        held.ask({"refuse": "not now"})
    assert total(held.ask({})) == 1


def test_closed_it_is_left_and_answers_no_more(compute: Compute, tmp_path: Path) -> None:
    held = compute.hold("sums", {"begin": 1, "mark": str(tmp_path / "left")})
    held.close()
    held.close()
    with pytest.raises(TaskFailed):
        held.ask({})
    other = compute.hold("sums", {"begin": 1})
    while not (tmp_path / "left").exists():
        other.ask({})


def test_after_its_death_it_is_held_no_longer_and_another_can_be(compute: Compute) -> None:
    held = compute.hold("sums", {"begin": 1})
    if isinstance(compute, FakeCompute):
        compute.dies.append(TaskFailed())
    for question in ({"die": True}, {}):
        with pytest.raises(TaskFailed):
            held.ask(question)
    assert total(compute.hold("sums", {"begin": 5}).ask({})) == 5


def test_whoever_waits_for_an_answer_may_have_had_enough(compute: Compute, tmp_path: Path) -> None:
    over = tmp_path / "over"

    def had_enough() -> None:
        raise LookupError

    held = compute.hold("sums", {"begin": 1})
    impatient = compute.hold("sums", {"begin": 1, "mark": str(tmp_path / "left")}, had_enough)
    with pytest.raises(LookupError):
        impatient.ask({"until": str(over)})
    over.touch()
    with pytest.raises(TaskFailed):
        impatient.ask({})
    while not (tmp_path / "left").exists():
        held.ask({})


def test_what_is_alone_takes_nothing_along(compute: Compute) -> None:
    other, held = compute.hold("sums", {"begin": 1}), compute.hold("sums", {"begin": 1}, alone=True)
    assert total(held.ask({"add": 2})) == 3
    if not isinstance(compute, FakeCompute):
        with pytest.raises(TaskFailed):
            held.ask({"die": True})
    held.close()
    assert total(other.ask({})) == 1


def test_nothing_is_held_any_more_once_it_is_closed(compute: Compute) -> None:
    held = compute.hold("sums", {"begin": 1})
    compute.close()
    compute.close()
    with pytest.raises(ComputeClosed):
        compute.hold("sums", {"begin": 1})
    held.close()
