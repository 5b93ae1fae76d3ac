"""Live video: cameras, the notice beside each, and the processors that look at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from beholden.domain.errors import ResourceInUse

KINDS_OF_SOURCES = (
    "A source is rtsp://, rtsps://, http://, https://, file://, v4l2:/dev/video0 or "
    "kinesisvideo:STREAM."
)


class StreamStatus(StrEnum):
    """Rekognition's own."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    FAILED = "FAILED"
    STOPPING = "STOPPING"
    UPDATING = "UPDATING"


AT_REST = frozenset({StreamStatus.STOPPED, StreamStatus.FAILED})
# Those that some server is to work on.
WANTED = frozenset({StreamStatus.STARTING, StreamStatus.RUNNING})


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands beside a camera, and on the public page: where it is, which declared purposes it
    serves, who answers for it."""

    place: str
    purposes: tuple[str, ...]
    operator: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Camera:
    """A source of live video. `arn` is the Kinesis Video Stream that it plays; `source` is where
    the pictures come from, a URL or a file, and may hold a password."""

    name: str
    arn: str
    source: str
    added_at: datetime
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class StreamProcessor:
    """A processor as records keep it.

    `request` is what it was created with; `collection_id` is whom it looks for. `grant` is the one
    that it was started under, as `Gate.store` gives it; `session_id` names this start. `message`
    is Rekognition's StatusMessage. `no` orders lists.
    """

    name: str
    arn: str
    camera: str
    request: Mapping[str, object]
    created_at: datetime
    updated_at: datetime
    status: StreamStatus = StreamStatus.STOPPED
    message: str | None = None
    grant: Mapping[str, object] | None = None
    session_id: str | None = None
    no: int = 0

    def started(
        self, session_id: str, grant: Mapping[str, object], now: datetime
    ) -> StreamProcessor:
        """Raises ResourceInUse unless it rests."""
        if self.status not in AT_REST:
            raise ResourceInUse(f"The stream processor {self.name} is {self.status}.")
        return replace(
            self,
            status=StreamStatus.STARTING,
            message=None,
            grant=grant,
            session_id=session_id,
            updated_at=now,
        )

    def object_key(self, prefix: str, name: str) -> str:
        """Where in a bucket something of this start is kept."""
        parts = (prefix, self.name, f"{self.session_id}", name)
        return "/".join(part.strip("/") for part in parts if part)

    def updated(self, request: Mapping[str, object], now: datetime) -> StreamProcessor:
        """Raises ResourceInUse unless it rests."""
        if self.status not in AT_REST:
            raise ResourceInUse(
                f"The stream processor {self.name} is {self.status}: stop it first."
            )
        return replace(self, request=request, updated_at=now)

    def stopping(self, now: datetime) -> StreamProcessor:
        """Raises ResourceInUse unless it runs."""
        if self.status not in WANTED:
            raise ResourceInUse(f"The stream processor {self.name} is {self.status}.")
        return replace(self, status=StreamStatus.STOPPING, updated_at=now)

    def running(self, now: datetime) -> StreamProcessor:
        """Once frames come in; a no-op where it was told to stop meanwhile."""
        if self.status is not StreamStatus.STARTING:
            return self
        return replace(self, status=StreamStatus.RUNNING, message=None, updated_at=now)

    def ended(self, status: StreamStatus, message: str | None, now: datetime) -> StreamProcessor:
        """At rest again: its grant is gone with it."""
        return replace(
            self, status=status, message=message, grant=None, session_id=None, updated_at=now
        )


def check_free(new: StreamProcessor, others: Iterable[StreamProcessor]) -> None:
    """Raises ResourceInUse if the name, the camera or the output of `new` is another's."""
    for other in others:
        if other.name == new.name:
            raise ResourceInUse(f"There is a stream processor {new.name} already.")
        if other.camera == new.camera:
            raise ResourceInUse(f"The stream processor {other.name} looks at {new.camera} already.")
        if other.request["Output"] == new.request["Output"]:
            raise ResourceInUse(f"The stream processor {other.name} writes to this output.")
