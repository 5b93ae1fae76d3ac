"""What a screen shows, kept in a bucket as short videos, one after the other."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from beholden.domain.arrays import UInt8
from beholden.domain.errors import BeholdenError, NotTaken
from beholden.domain.recording import Recorded
from beholden.domain.stream import StreamProcessor
from beholden.ports.blobs import Blobs
from beholden.ports.live import Clip, Clips
from beholden.ports.recordings import Recordings

LOG = logging.getLogger(__name__)

SEGMENT_MS = 30_000
# While a bucket is away so many wait; then the next are lost, and counted.
MOST_WAITING = 10
FLUSH_S = 10.0


@dataclass(slots=True)
class _Segment:
    """`ids` are of those who are in it so far."""

    recorded: Recorded
    clip: Clip
    path: Path
    shape: tuple[int, ...]
    began_ms: int
    ids: set[str] = field(default_factory=set)


class Recording:
    """`made` tells what a file that begins then becomes; until it is in its bucket, the file is in
    `folder`, which is its own. Records know each video, and whom it shows, before the bucket has
    it. Whoever adds pictures never waits for the bucket."""

    def __init__(
        self,
        clips: Clips,
        blobs: Blobs,
        recordings: Recordings,
        made: Callable[[str, datetime], Recorded],
        folder: Path,
    ) -> None:
        self._clips = clips
        self._blobs = blobs
        self._recordings = recordings
        self._made = made
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._writer = ThreadPoolExecutor(1, "recording")
        self._writing: dict[Future[None], Recorded] = {}
        self._segment: _Segment | None = None
        self._not_before_ms = 0
        self.kept = self.lost = 0

    def add(self, pixels: UInt8, at: datetime, at_ms: int, ids: frozenset[str]) -> None:
        """The next picture, (h, w, 3) RGB, and who is in it; `at_ms` grows with each."""
        segment = self._segment
        if segment and not (
            segment.shape == pixels.shape and at_ms < segment.began_ms + SEGMENT_MS
        ):
            self._finish()
        if at_ms < self._not_before_ms:
            return
        try:
            segment = self._segment = self._segment or self._begun(pixels, at, at_ms)
            if not ids <= segment.ids:
                segment.ids |= ids
                self._recordings.shows(segment.recorded, ids)
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
        self._count(FLUSH_S if keep else 0)
        for recorded in self._writing.values():
            self._recordings.doom(recorded)
            self._lose(NotTaken("The recording has ended."))
        self._writer.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begun(self, pixels: UInt8, at: datetime, at_ms: int) -> _Segment:
        path = self._folder / f"{at:%Y%m%dT%H%M%S.%f}Z.mp4"
        height, width = pixels.shape[:2]
        clip = self._clips.open(path, width, height)
        recorded = self._recordings.begin(self._made(path.name, at))
        return _Segment(recorded, clip, path, pixels.shape, at_ms)

    def _finish(self) -> None:
        segment, self._segment = self._segment, None
        if segment is None:
            return
        self._count(0)
        try:
            segment.clip.close()
            if len(self._writing) >= MOST_WAITING:
                raise NotTaken("The bucket is away.")
        except NotTaken as error:
            self._drop(segment)
            self._lose(error)
            return
        self._writing[self._writer.submit(self._write, segment)] = segment.recorded

    def _abandon(self) -> None:
        """What is under way, with its file."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        with suppress(NotTaken):
            segment.clip.close()
        self._drop(segment)

    def _drop(self, segment: _Segment) -> None:
        segment.path.unlink(missing_ok=True)
        self._recordings.forget(segment.recorded)

    def _write(self, segment: _Segment) -> None:
        recorded = segment.recorded
        try:
            self._blobs.write(recorded.bucket, recorded.key, segment.path)
        except BeholdenError:
            self._recordings.doom(recorded)  # a bucket that went silent may have it all the same
            raise
        finally:
            segment.path.unlink(missing_ok=True)
        if not self._recordings.wanted(recorded):
            self._blobs.delete(recorded.bucket, recorded.key)
            self._recordings.forget(recorded)
            raise NotTaken("It was ended before it was in the bucket.")

    def _count(self, timeout_s: float) -> None:
        """What has been written, or is within that time."""
        for one in wait(self._writing, timeout_s).done:
            del self._writing[one]
            error = one.exception()
            if error is None:
                self.kept += 1
            else:
                self._lose(error)

    def _lose(self, error: BaseException) -> None:
        self.lost += 1
        LOG.warning("a recording is lost: %s", error)


def tidy(folder: Path, processors: Sequence[StreamProcessor]) -> None:
    """Remove what a crash left of sessions that have ended: recordings are in folders named after
    theirs."""
    running = {one.session_id for one in processors}
    for left in folder.glob("*"):
        if left.name not in running:
            shutil.rmtree(left, ignore_errors=True)
