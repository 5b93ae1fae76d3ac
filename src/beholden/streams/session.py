"""One processor at work, from its start to its end.

1. Revive its grant: decided anew, by what is known now.
2. Record the intent.
3. Have a worker process open the camera.
4. Have it look at the newest frame; who was found is in the log before it is put on its way out.
5. Every second, also while it looks: is it still wanted, still ours, does its grant still stand?
   Else stop.
6. Record the end, with numbers only.

A grant that ended takes along what is still on its way out. A camera that is away is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from beholden.domain.access import Grant, Query
from beholden.domain.audit import RecordKind
from beholden.domain.errors import AccessDenied, ClientError
from beholden.domain.health import StreamHealth
from beholden.domain.stream import WANTED, StreamProcessor, StreamStatus
from beholden.gate.gate import Gate
from beholden.gate.recorder import Recorder
from beholden.ports.compute import Compute
from beholden.ports.streams import Cameras, StreamProcessors
from beholden.streams.delivery import Delivery
from beholden.streams.lookout import Lookout
from beholden.streams.work import Json, Watch

CHECK_S = 1.0
# A frame is waited for so long at a time, so that a camera that is away delays no stop.
LOOK_S = 0.25
FLUSH_S = 2.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What sessions have in common. A camera may be away for `patience_s` before the processor
    FAILS."""

    gate: Gate
    cameras: Cameras
    processors: StreamProcessors
    compute: Compute
    watch: Callable[[StreamProcessor, Grant], Watch]
    delivery: Callable[[StreamProcessor], Delivery]
    patience_s: float = 600.0


@dataclass(frozen=True, slots=True)
class End:
    """How it ended; None as `status` leaves the records as they are: somebody else goes on."""

    status: StreamStatus | None
    message: str | None = None
    # Whether what is still on its way out may arrive.
    flush: bool = True


class _Over(Exception):  # noqa: N818 (nothing went wrong)
    """Raised through whatever waits for the worker."""

    def __init__(self, end: End) -> None:
        self.end = end


class Session:
    """`run` once; `health` tells how it goes meanwhile. `holding(name)` keeps the
    processor ours: False once another server has it. `alone`, no other dies of its camera."""

    def __init__(
        self,
        tools: Tools,
        processor: StreamProcessor,
        holding: Callable[[str], bool],
        *,
        alone: bool = False,
    ) -> None:
        self._tools = tools
        self._holding = holding
        self._processor = processor
        self._alone = alone
        self._closing = Event()
        self._checked = 0.0
        self._open: tuple[Lookout, Delivery] | None = None
        self._frames = 0
        self._late_seconds = 0.0

    def health(self) -> StreamHealth | None:
        """None until its camera is opened."""
        if self._open is None:
            return None
        lookout, delivery = self._open
        return StreamHealth(
            processor=self._processor.name,
            has_picture=lookout.trouble is None,
            late_seconds=self._late_seconds,
            frames=self._frames,
            frames_dropped=lookout.dropped,
            connections=lookout.connections,
            records_waiting=delivery.waiting,
            records_dropped=delivery.dropped,
        )

    def close(self) -> None:
        """End soon: the processor stays as it is, for the next start of this server."""
        self._closing.set()

    def run(self) -> End:
        """Raises what is this server's own trouble, once it is recorded."""
        tools, processor = self._tools, self._processor
        # 1. Revive the grant.
        try:
            grant = tools.gate.revive(processor.grant or {})
        except AccessDenied as refused:
            return End(StreamStatus.STOPPED, str(refused), flush=False)
        record = Recorder(tools.gate.audit, tools.gate.clock, tools.gate.new_id(), grant.query)
        about = {
            "processor": processor.name,
            "session": processor.session_id,
            "grant": grant.grant_id,
        }
        self._checked = time.monotonic()
        # 2. Record the intent.
        record.write(RecordKind.INTENT, about)
        try:
            watch = tools.watch(processor, grant)
        except ClientError as error:
            self._record_end(record, about, error.code)
            return End(StreamStatus.FAILED, str(error))
        delivery, keep = tools.delivery(processor), False
        try:
            end = self._looked(watch, delivery)
            keep = end.flush
            if keep:
                _put(delivery, watch.finish() if end.status is not None else None)
                delivery.flush(FLUSH_S)
        except BaseException as error:
            self._record_end(record, about | _seen(watch, delivery), type(error).__name__)
            raise
        finally:
            delivery.close()
            watch.close(keep=keep)
        # 6. Record the end.
        self._record_end(record, about | self._camera() | _seen(watch, delivery), None)
        return end

    def _looked(self, watch: Watch, delivery: Delivery) -> End:
        # 3. Open the camera.
        tools = self._tools
        source = tools.cameras.get(self._processor.camera).source
        asked = {"source": source, "per_second": watch.per_second, **watch.asked}
        still = partial(self._still, watch)
        try:
            opened = Lookout(tools.compute, watch.task, asked, still, alone=self._alone)
            with closing(opened) as lookout:
                self._open = lookout, delivery
                return self._watch(lookout, watch, delivery)
        except _Over as over:
            return over.end

    def _watch(self, lookout: Lookout, watch: Watch, delivery: Delivery) -> End:
        began = shown = time.monotonic()
        while True:
            # 4. Look.
            seen, record = lookout.next(LOOK_S), None
            if seen is not None:
                shown = time.monotonic()
                self._running()
                record = watch.see(seen)
                self._count(seen.received_at)
            # 5. Still wanted, ours and allowed? However long the look took, its record waits.
            self._still(watch)
            _put(delivery, record)
            now = time.monotonic()
            if watch.lasts_s is not None and now - began >= watch.lasts_s:
                return End(StreamStatus.STOPPED)
            if seen is None and now - shown > self._tools.patience_s:
                return End(StreamStatus.FAILED, f"The camera shows nothing: {lookout.trouble}")

    def _still(self, watch: Watch) -> None:
        """Raises _Over once it is to end."""
        now = time.monotonic()
        if now - self._checked < CHECK_S and not self._closing.is_set():
            return
        end = self._check(watch)
        if end is not None:
            raise _Over(end)
        self._checked = now

    def _camera(self) -> dict[str, object]:
        """How it did, for the log; nothing if it was never opened."""
        if self._open is None:
            return {}
        lookout, _ = self._open
        return {"frames_dropped": lookout.dropped, "connections": lookout.connections}

    def _check(self, watch: Watch) -> End | None:
        tools, name = self._tools, self._processor.name
        if self._closing.is_set():
            return End(None)
        current = tools.processors.get(name)
        if current.session_id != self._processor.session_id or not self._holding(name):
            return End(None, flush=False)
        if current.status not in WANTED:
            return End(StreamStatus.STOPPED)
        try:
            watch.renew(tools.gate.revive(current.grant or {}))
        except AccessDenied as refused:
            return End(StreamStatus.STOPPED, str(refused), flush=False)
        except ClientError as error:
            return End(StreamStatus.FAILED, str(error), flush=False)
        return None

    def _running(self) -> None:
        """With the first frame."""
        if self._frames == 0:
            now = self._tools.gate.clock.now()
            self._tools.processors.change(self._processor.name, lambda one: one.running(now))

    def _count(self, received_at: datetime) -> None:
        self._frames += 1
        late = self._tools.gate.clock.now() - received_at
        self._late_seconds = late / timedelta(seconds=1)

    def _record_end(self, record: Recorder, facts: Mapping[str, object], error: str | None) -> None:
        """Under the name of what ends it, so that nobody counts it as another start."""
        told = replace(record, query=_named(record.query, "StopStreamProcessor"))
        if error is None:
            told.write(RecordKind.OUTCOME, facts)
        else:
            told.write(RecordKind.FAILURE, {**facts, "error": error})


def _seen(watch: Watch, delivery: Delivery) -> dict[str, object]:
    return {**watch.summary(), "records_dropped": delivery.dropped}


def _put(delivery: Delivery, record: Json | None) -> None:
    if record is not None:
        delivery.put(record)


def _named(query: Query, action: str) -> Query:
    return replace(query, action=action)
