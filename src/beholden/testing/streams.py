"""Cameras and stream processors in memory, and one of each to start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from beholden.domain.errors import ResourceInUse, ResourceNotFound, TooManyProcessors
from beholden.domain.stream import AT_REST, Camera, Notice, StreamProcessor, check_free
from beholden.ports.clock import Clock

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


def a_camera(name: str = "gate") -> Camera:
    arn = f"arn:aws:kinesisvideo:us-east-1:000000000000:stream/{name}/1700000000000"
    return Camera(name, arn, f"rtsp://user:secret@camera/{name}", BEGINNING)


def a_processor(name: str = "watch", camera: str = "gate") -> StreamProcessor:
    output = f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"
    request = {
        "Name": name,
        "Input": {"KinesisVideoStream": {"Arn": a_camera(camera).arn}},
        "Output": {"KinesisDataStream": {"Arn": output}},
        "Settings": {"FaceSearch": {"CollectionId": "staff"}},
        "RoleArn": "arn:aws:iam::000000000000:role/any",
    }
    arn = f"arn:aws:rekognition:us-east-1:000000000000:streamprocessor/{name}"
    return StreamProcessor(name, arn, camera, request, BEGINNING, BEGINNING)


class FakeCameras:
    def __init__(self) -> None:
        self._kept: dict[str, Camera] = {}

    def put(self, camera: Camera) -> Camera:
        before = self._kept.get(camera.name, camera)
        self._kept[camera.name] = replace(before, source=camera.source)
        return self._kept[camera.name]

    def get(self, name: str) -> Camera:
        if name not in self._kept:
            raise ResourceNotFound(f"There is no camera {name}.")
        return self._kept[name]

    def list(self) -> Sequence[Camera]:
        return [self._kept[name] for name in sorted(self._kept)]

    def put_notice(self, name: str, notice: Notice) -> Camera:
        self._kept[name] = replace(self.get(name), notice=notice)
        return self._kept[name]

    def remove(self, name: str) -> Camera:
        removed = self.get(name)
        del self._kept[name]
        return removed


class FakeStreamProcessors:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, StreamProcessor] = {}
        self._held: dict[str, tuple[str, datetime]] = {}
        self._made = 0
        self._turn = Lock()

    def add(self, processor: StreamProcessor, limit: int) -> StreamProcessor:
        check_free(processor, self._kept.values())
        if len(self._kept) >= limit:
            raise TooManyProcessors
        self._made += 1
        self._kept[processor.name] = replace(processor, no=self._made)
        return self._kept[processor.name]

    def get(self, name: str) -> StreamProcessor:
        if name not in self._kept:
            raise ResourceNotFound(f"The stream processor {name} does not exist.")
        return self._kept[name]

    def list(self, after: int = 0, limit: int | None = None) -> Sequence[StreamProcessor]:
        found = sorted(self._kept.values(), key=lambda one: one.no)
        return [one for one in found if one.no > after][:limit]

    def change(
        self, name: str, change: Callable[[StreamProcessor], StreamProcessor]
    ) -> StreamProcessor:
        with self._turn:
            self._kept[name] = change(self.get(name))
            return self._kept[name]

    def delete(self, name: str) -> StreamProcessor:
        removed = self.get(name)
        if removed.status not in AT_REST:
            raise ResourceInUse(f"The stream processor {name} is {removed.status}: stop it first.")
        del self._kept[name]
        self._held.pop(name, None)
        return removed

    def hold(self, name: str, holder: str, lease: timedelta) -> bool:
        now = self._clock.now()
        by, until = self._held.get(name, (holder, now))
        if name not in self._kept or (by != holder and until >= now):
            return False
        self._held[name] = (holder, now + lease)
        return True

    def release(self, name: str, holder: str) -> None:
        if self._held.get(name, ("",))[0] == holder:
            del self._held[name]
