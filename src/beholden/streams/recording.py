"""What a screen shows, kept in a bucket as short videos, one after the other."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from beholden.domain.arrays import UInt8
from beholden.domain.errors import NotTaken
from beholden.domain.stream import StreamProcessor
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
    """`key_of` names the object of a file; until it is there, the file is in `folder`, which is its
    own. Whoever adds pictures never waits for the bucket."""

    def __init__(
        self, clips: Clips, blobs: Blobs, bucket: str, key_of: Callable[[str], str], folder: Path
    ) -> None:
        self._clips = clips
        self._blobs = blobs
        self._bucket = bucket
        self._key_of = key_of
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
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
            self._not_before_ms = at_ms + SEGMENT_MS
            self._abandon()
            self._lose(error)

    def close(self, *, keep: bool) -> None:
        """Finish what is under way, or drop it with all that still waits. What is not in the bucket
        by then is lost."""
        if keep:
            self._finish()
        else:
            self._abandon()
        done, late = wait(self._writing, FLUSH_S if keep else 0)
        self._count(done)
        for _ in late:
            self._lose(NotTaken("The recording has ended."))
        self._writer.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begun(self, pixels: UInt8, at: datetime, at_ms: int) -> _Segment:
        path = self._folder / f"{at:%Y%m%dT%H%M%S.%f}Z.mp4"
        height, width = pixels.shape[:2]
        return _Segment(self._clips.open(path, width, height), path, pixels.shape, at_ms)

    def _finish(self) -> None:
        segment, self._segment = self._segment, None
        if segment is None:
            return
        done, late = wait(self._writing, 0)
        self._count(done)
        self._writing = list(late)
        try:
            segment.clip.close()
            if len(self._writing) >= MOST_WAITING:
                raise NotTaken("The bucket is away.")
        except NotTaken as error:
            segment.path.unlink(missing_ok=True)
            self._lose(error)
            return
        self._writing.append(self._writer.submit(self._write, segment.path))

    def _abandon(self) -> None:
        """What is under way, with its file."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        with suppress(NotTaken):
            segment.clip.close()
        segment.path.unlink(missing_ok=True)

    def _write(self, path: Path) -> None:
        try:
            self._blobs.write(self._bucket, self._key_of(path.name), path)
        finally:
            path.unlink(missing_ok=True)

    def _count(self, written: Iterable[Future[None]]) -> None:
        for one in written:
            error = one.exception()
            if error is None:
                self.kept += 1
            else:
                self._lose(error)

    def _lose(self, error: BaseException) -> None:
        self.lost += 1
        LOG.warning("a recording is not in %s: %s", self._bucket, error)


def tidy(folder: Path, processors: Sequence[StreamProcessor]) -> None:
    """Remove what a crash left of sessions that have ended: recordings are in folders named after
    theirs."""
    running = {one.session_id for one in processors}
    for left in folder.glob("*"):
        if left.name not in running:
            shutil.rmtree(left, ignore_errors=True)
