"""What a deployment does by itself, by the clock: through the gate, so that it is logged like all
that people do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from beholden.domain.access import Principal
from beholden.gate.gate import Gate
from beholden.loop import Loop
from beholden.ports.clock import Clock

# No key can carry this role: it is the server's own.
SYSTEM = Principal("beholden", "system", "housekeeping", "")


@dataclass(frozen=True, slots=True)
class Sweep:
    """An operation without parameters, called whenever `due(now)` says that there is something for
    it to do. `due` is asked every few seconds, so it must be cheap; what it finds is not logged."""

    operation: str
    due: Callable[[datetime], bool]


def sweeper(gate: Gate, clock: Clock, sweeps: Sequence[Sweep], every_s: float = 5.0) -> Loop:
    """Runs what is due. A sweep that fails leaves its record, too."""
    return Loop("sweep", [partial(_sweep, gate, clock, sweep) for sweep in sweeps], every_s)


def _sweep(gate: Gate, clock: Clock, sweep: Sweep) -> None:
    if sweep.due(clock.now()):
        gate.call(SYSTEM, sweep.operation, {})
