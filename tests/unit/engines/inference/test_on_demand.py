"""A network leaves memory when nobody uses it, and comes back when somebody does."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from beholden.engines.inference.on_demand import OnDemand


class Doubling:
    """A network that says when it is let go."""

    def __init__(self, gone: Event) -> None:
        self._gone = gone

    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
        return [2 * inputs[0]]

    def __del__(self) -> None:
        self._gone.set()


def test_it_is_loaded_once_and_only_when_called() -> None:
    loads = []

    def load() -> Doubling:
        loads.append(1)
        return Doubling(Event())

    network = OnDemand(load, idle_s=60)
    assert not network.loaded
    assert [int(network(np.ones(1))[0][0]) for _ in range(3)] == [2, 2, 2]
    assert network.loaded
    assert len(loads) == 1


def test_it_is_let_go_when_idle_and_loaded_again() -> None:
    gone = Event()
    network = OnDemand(lambda: Doubling(gone), idle_s=0.02)
    network(np.ones(1))
    assert gone.wait(5)
    assert not network.loaded
    assert network(np.ones(1))[0][0] == 2


def test_a_call_keeps_its_network_until_it_is_done() -> None:
    gone, inside, go_on = Event(), Event(), Event()

    class Slow(Doubling):
        def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
            inside.set()
            go_on.wait(5)
            return super().__call__(*inputs)

    network = OnDemand(lambda: Slow(gone), idle_s=0.02)
    go_on.set()
    assert network(np.ones(1))[0][0] == 2
    assert inside.is_set()
    assert gone.wait(5)
