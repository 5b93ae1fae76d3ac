"""Cameras, and the processors that look at them, as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from beholden.domain.stream import Camera, Notice, StreamProcessor


class Cameras(Protocol):
    def put(self, camera: Camera) -> Camera:
        """Add one, or give one of this name another source: its ARN and notice stay."""
        ...

    def get(self, name: str) -> Camera:
        """Raises ResourceNotFound."""
        ...

    def list(self) -> Sequence[Camera]:
        """By name."""
        ...

    def put_notice(self, name: str, notice: Notice) -> Camera:
        """Raises ResourceNotFound."""
        ...

    def remove(self, name: str) -> Camera:
        """Raises ResourceNotFound."""
        ...


class StreamProcessors(Protocol):
    def add(self, processor: StreamProcessor, limit: int) -> StreamProcessor:
        """At rest. Raises ResourceInUse if the name, the camera or the output of `processor` is
        another's; TooManyProcessors if there are `limit`."""
        ...

    def get(self, name: str) -> StreamProcessor:
        """Raises ResourceNotFound."""
        ...

    def list(self, after: int = 0, limit: int | None = None) -> Sequence[StreamProcessor]:
        """In the order in which they were added, after the one numbered `after`."""
        ...

    def change(
        self, name: str, change: Callable[[StreamProcessor], StreamProcessor]
    ) -> StreamProcessor:
        """Put what `change` makes of it in its place, one at a time; what it raises is raised and
        changes nothing. Raises ResourceNotFound."""
        ...

    def delete(self, name: str) -> StreamProcessor:
        """Raises ResourceNotFound; ResourceInUse unless it rests."""
        ...

    def hold(self, name: str, holder: str, lease: timedelta) -> bool:
        """Whether `holder` alone works on it, for so long: it did, or nobody else does any more.
        False, too, if there is no such processor."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Let another hold it at once. A no-op for whoever does not hold it."""
        ...
