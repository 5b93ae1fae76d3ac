"""All that reads the log of one deployment, as one thing to start and to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from beholden.loop import Loop
from beholden.oversight.follow import Counter, Feed, Publisher
from beholden.oversight.watch import Watcher
from beholden.ports.log import ServedLog


@dataclass(frozen=True, slots=True)
class Oversight:
    """`served` is the published log for whoever asks; `loop` runs publisher, watcher, counter and
    feed in the background once it is started."""

    publisher: Publisher
    counter: Counter
    feed: Feed
    watcher: Watcher
    loop: Loop
    served: ServedLog
    release: Callable[[], None]

    def close(self) -> None:
        """Stop, and keep how far each has come. Safe to call twice."""
        self.loop.close()
        self.watcher.close()
        self.counter.close()
        self.release()
