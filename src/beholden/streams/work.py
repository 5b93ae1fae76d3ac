"""What a processor makes of its camera's pictures, as its loop sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from beholden.domain.access import Grant
from beholden.ports.live import Seen

Json = dict[str, Any]


class Watch(Protocol):
    """One start of one processor."""

    @property
    def task(self) -> str:
        """Which held task looks for it (streams.lookout)."""
        ...

    @property
    def asked(self) -> Json:
        """What that is asked for, besides its camera: JSON."""
        ...

    @property
    def per_second(self) -> float:
        """How many frames of each second it wants."""
        ...

    @property
    def lasts_s(self) -> float | None:
        """After so long it has seen enough; None is never."""
        ...

    def renew(self, grant: Grant) -> None:
        """The grant as it stands now: called every second. Raises ClientError, for example if the
        collection is gone."""
        ...

    def see(self, seen: Seen) -> Json | None:
        """The record of a frame that was looked at, if it has one: what may leave the server, and
        is in the log already."""
        ...

    def finish(self) -> Json | None:
        """The last record of a watch that nothing cut short, if it has one."""
        ...

    def close(self, *, keep: bool) -> None:
        """Nothing follows. Whether what is under way still arrives, or is dropped."""
        ...

    def summary(self) -> Mapping[str, object]:
        """How much was seen, for the log: numbers only."""
        ...
