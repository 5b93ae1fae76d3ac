"""The gallery inside the process: exact search with FAISS, kept up with records by itself."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock

from beholden.domain.access import Grant
from beholden.domain.arrays import Float32
from beholden.domain.errors import AccessDenied, ServerError
from beholden.domain.face import Candidate
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.gallery.blocks import Blocks
from beholden.engines.gallery.held import HeldGallery
from beholden.engines.gallery.memory import release_freed_memory
from beholden.engines.gallery.ranking import ranked
from beholden.engines.gallery.scan import Fp16Scan, Scan
from beholden.engines.gallery.snapshot import Snapshots
from beholden.ports.records import ChangeFeed

logger = logging.getLogger(__name__)

SNAPSHOT_ROWS = 10_000


class EmbeddedGallery:
    """See docs/decisions/0009-gallery.md for what holds it together."""

    def __init__(
        self,
        feed: ChangeFeed,
        snapshots: Snapshots,
        *,
        memory_bytes: int,
        threads: int = 1,
        snapshot_rows: int = SNAPSHOT_ROWS,
        scan_of: Callable[[Blocks], Scan] | None = None,
    ) -> None:
        """Galleries that nobody searches go to disk when all together pass `memory_bytes`.

        One search uses `threads` threads. A gallery is written to disk in the background after
        `snapshot_rows` changes, or a quarter of its size if that is more.
        """
        self._feed = feed
        self._snapshots = snapshots
        self._memory_bytes = memory_bytes
        self._snapshot_rows = snapshot_rows
        self._scan_of = scan_of or partial(Fp16Scan, threads=threads)
        self._lock = Lock()
        self._held: OrderedDict[GalleryRef, HeldGallery] = OrderedDict()
        self._resting: set[HeldGallery] = set()
        self._background = ThreadPoolExecutor(1, "gallery")
        self._closed = False

    def search(
        self, grant: Grant, ref: GalleryRef, probes: Float32, limit: int, min_score: float
    ) -> Sequence[Sequence[Candidate]]:
        """Raises AccessDenied for a grant that allows nothing, ServerError for probes of another
        model's dimensions."""
        if not grant.decision.allowed:
            raise AccessDenied
        scan = self._of(ref).current()
        if scan is None or not len(probes) or limit < 1:
            return [[] for _ in probes]
        if probes.shape[1] != scan.dim:
            raise ServerError(f"{ref} has {scan.dim} dimensions, the probes {probes.shape[1]}")
        return ranked(scan, probes, limit, min_score)

    def forget(self, collection_no: int) -> None:
        for subject in Subject:
            ref = GalleryRef(collection_no, subject)
            self._of(ref).forget()
            with self._lock:
                self._held.pop(ref, None)

    def scrub(self, collection_no: int) -> None:
        for subject in Subject:
            self._of(GalleryRef(collection_no, subject)).scrub()
        release_freed_memory()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            held = list(self._held.values())
        self._background.shutdown()
        for gallery in held:
            gallery.rest()
        release_freed_memory()

    def _of(self, ref: GalleryRef) -> HeldGallery:
        """The gallery, as the one used last."""
        with self._lock:
            held = self._held.pop(ref, None) or HeldGallery(
                ref, self._feed, self._snapshots, self._scan_of, self._tidy
            )
            self._held[ref] = held
            return held

    def _tidy(self, changed: HeldGallery) -> None:
        """After changes: write a snapshot if it is time, and keep within memory."""
        due = changed.due(self._snapshot_rows)
        with self._lock:
            if self._closed:
                return
            if due:
                self._submit(changed.save)
            for idle in self._surplus(changed):
                self._resting.add(idle)
                self._submit(partial(self._rest, idle))

    def _surplus(self, wanted: HeldGallery) -> Sequence[HeldGallery]:
        """Those used longest ago, as many as are over the limit."""
        awake = [held for held in self._held.values() if held not in self._resting]
        excess = sum(held.nbytes for held in awake) - self._memory_bytes
        surplus = []
        for held in awake:
            if excess <= 0:
                break
            if held is not wanted and held.nbytes:
                surplus.append(held)
                excess -= held.nbytes
        return surplus

    def _rest(self, idle: HeldGallery) -> None:
        idle.rest()
        with self._lock:
            self._resting.discard(idle)

    def _submit(self, work: Callable[[], None]) -> None:
        self._background.submit(work).add_done_callback(_report)
        self._background.submit(release_freed_memory).add_done_callback(_report)


def _report(done: Future[None]) -> None:
    if error := done.exception():
        logger.error("work on a gallery in the background failed", exc_info=error)
