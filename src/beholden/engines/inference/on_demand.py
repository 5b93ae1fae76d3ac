"""A network that is in memory only while it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock, Timer
from time import monotonic
from typing import Any

from numpy.typing import NDArray

from beholden.ports.inference import Network


class OnDemand:
    """Implements ports.inference.Network: loaded when it is called, let go once nobody has called
    it for `idle_s` seconds. A call that runs meanwhile keeps the network until it is done."""

    def __init__(self, load: Callable[[], Network], idle_s: float) -> None:
        self._load, self._idle_s = load, idle_s
        self._lock = Lock()
        self._network: Network | None = None
        self._used_at = 0.0

    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
        with self._lock:
            if self._network is None:
                self._network = self._load()
                self._look_again_in(self._idle_s)
            network, self._used_at = self._network, monotonic()
        return network(*inputs)

    @property
    def loaded(self) -> bool:
        return self._network is not None

    def _let_go(self) -> None:
        with self._lock:
            rest_s = self._used_at + self._idle_s - monotonic()
            if rest_s > 0:
                self._look_again_in(rest_s)
            else:
                self._network = None

    def _look_again_in(self, seconds: float) -> None:
        timer = Timer(seconds, self._let_go)
        timer.daemon = True
        timer.start()
