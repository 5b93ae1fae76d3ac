"""What a screen shows, kept in a bucket as short videos, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from beholden.domain.arrays import UInt8
from beholden.domain.errors import BeholdenError, NotTaken
from beholden.ports.blobs import Blobs
from beholden.ports.live import Clip, Clips

LOG = logging.getLogger(__name__)

SEGMENT_MS = 30_000
# While a bucket is away so many wait; then the next are lost, and counted.
MOST_WAITING = 10
FLUSH_S = 10.0


@dataclass(slots=True)
class _Segment:
    clip: Clip
    path: Path
    shape: tuple[int, ...]
    began_ms: int


class Recording:
    """`key_of` names the object of a file. Whoever adds pictures never waits for the bucket."""

    def __init__(
        self, clips: Clips, blobs: Blobs, bucket: str, key_of: Callable[[str], str]
    ) -> None:
        self._clips = clips
        self._blobs = blobs
        self._bucket = bucket
        self._key_of = key_of
        self._folder = TemporaryDirectory(prefix="beholden-recording-")
        self._writer = ThreadPoolExecutor(1, "recording")
        self._writing: list[Future[None]] = []
        self._segment: _Segment | None = None
        self._not_before_ms = 0
        self.kept = self.lost = 0

    def add(self, pixels: UInt8, at: datetime, at_ms: int) -> None:
        """The next picture, (h, w, 3) RGB; `at_ms` grows with each."""
        segment = self._segment
        if segment and not (
            segment.shape == pixels.shape and at_ms < segment.began_ms + SEGMENT_MS
        ):
            self._finish()
        if at_ms < self._not_before_ms:
            return
        try:
            segment = self._segment = self._segment or self._begun(pixels, at, at_ms)
            segment.clip.add(pixels, at_ms - segment.began_ms)
        except NotTaken as error:
            self._segment, self._not_before_ms = None, at_ms + SEGMENT_MS
            self._lose(error)

    def close(self, *, keep: bool) -> None:
        """Finish what is under way, or drop it with all that still waits."""
        if keep:
            self._finish()
            wait(self._writing, FLUSH_S)
        self._segment = None
        self._writer.shutdown(wait=False, cancel_futures=True)
        self._folder.cleanup()

    def _begun(self, pixels: UInt8, at: datetime, at_ms: int) -> _Segment:
        path = Path(self._folder.name) / f"{at:%Y%m%dT%H%M%S.%f}Z.mp4"
        height, width = pixels.shape[:2]
        return _Segment(self._clips.open(path, width, height), path, pixels.shape, at_ms)

    def _finish(self) -> None:
        segment, self._segment = self._segment, None
        if segment is None:
            return
        self._writing = [one for one in self._writing if not one.done()]
        try:
            segment.clip.close()
            if len(self._writing) >= MOST_WAITING:
                raise NotTaken("The bucket is away.")
        except NotTaken as error:
            segment.path.unlink(missing_ok=True)
            self._lose(error)
            return
        self._writing.append(self._writer.submit(self._write, segment.path))

    def _write(self, path: Path) -> None:
        try:
            self._blobs.write(self._bucket, self._key_of(path.name), path)
            self.kept += 1
        except (BeholdenError, OSError) as error:
            self._lose(error)
        path.unlink(missing_ok=True)

    def _lose(self, error: Exception) -> None:
        self.lost += 1
        LOG.warning("a recording is not in %s: %s", self._bucket, error)
