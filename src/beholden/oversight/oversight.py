"""All that reads the log of one deployment, as one thing to start and to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from beholden.oversight.follow import Counter, Publisher
from beholden.oversight.loop import Loop
from beholden.oversight.watch import Watcher


@dataclass(frozen=True, slots=True)
class Oversight:
    """`published` is the folder of the published log; `loop` runs publisher and watcher in the
    background once it is started."""

    publisher: Publisher
    counter: Counter
    watcher: Watcher
    loop: Loop
    published: Path
    release: Callable[[], None]

    def close(self) -> None:
        """Stop, and keep how far each has come. Safe to call twice."""
        self.loop.close()
        self.counter.close()
        self.release()
