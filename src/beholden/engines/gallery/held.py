"""One gallery in memory: loaded when first asked for, then following the change sequence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock

from beholden.domain.gallery import Changes, GalleryRef
from beholden.engines.gallery.blocks import Blocks, apply
from beholden.engines.gallery.scan import Scan
from beholden.engines.gallery.snapshot import Snapshots
from beholden.ports.records import ChangeFeed

logger = logging.getLogger(__name__)


class HeldGallery:
    """Its lock is held while changes are fetched and applied, never during a search: a scan works
    on blocks that no change touches. The disk lock orders saving and forgetting."""

    def __init__(
        self,
        ref: GalleryRef,
        feed: ChangeFeed,
        snapshots: Snapshots,
        scan_of: Callable[[Blocks], Scan],
        changed: Callable[[HeldGallery], None],
    ) -> None:
        """`changed` is called, without a lock held, when a search found changes to follow."""
        self._ref = ref
        self._feed = feed
        self._snapshots = snapshots
        self._scan_of = scan_of
        self._changed = changed
        self._lock = Lock()
        self._disk = Lock()
        self._epoch = 0
        self._blocks: Blocks | None = None
        self._scanned: Blocks | None = None
        self._scan: Scan | None = None
        self._seq = 0
        self._saved_seq = 0
        self._unsaved_rows = 0
        self.nbytes = 0

    def current(self) -> Scan | None:
        """Every change committed before the call is in it; None where there are no templates."""
        with self._lock:
            if self._blocks is None:
                self._blocks = self._load()
            self._follow()
            changed = self._blocks is not self._scanned
            if changed:
                self._renew_scan(self._blocks)
            scan = self._scan
        if changed:
            self._changed(self)
        return scan

    def due(self, least_rows: int) -> bool:
        """Whether enough has changed for a new snapshot: a quarter, and at least `least_rows`.
        Says yes once."""
        with self._lock:
            rows = self._scan.rows if self._scan else 0
            due = self._unsaved_rows >= max(least_rows, rows // 4)
            if due:
                self._unsaved_rows = 0
            return due

    def save(self) -> None:
        """Of what is committed now: nobody who was deleted meanwhile gets to the disk again."""
        with self._lock:
            if self._blocks is not None:
                self._follow()
            blocks, seq, epoch = self._blocks, self._seq, self._epoch
        if blocks is None or seq == self._saved_seq:
            return
        with self._disk:
            if epoch == self._epoch:
                self._snapshots.write(self._ref, blocks, seq)
                self._saved_seq = seq

    def rest(self) -> None:
        """Leave memory for disk until the next search."""
        self.save()
        with self._lock:
            self._clear()

    def forget(self) -> None:
        self._discard()
        with self._lock:
            self._clear()

    def scrub(self) -> None:
        """What was dropped leaves disk and memory; the rest stays in memory."""
        with self._lock:
            if self._blocks is not None:
                self._follow()
        self._discard()

    def _discard(self) -> None:
        """No snapshot, not even one that is being written."""
        with self._lock:
            self._epoch += 1
            self._saved_seq = -1
        with self._disk:
            self._snapshots.delete(self._ref)

    def _clear(self) -> None:
        self._blocks = self._scanned = self._scan = None
        self.nbytes = 0

    def _load(self) -> Blocks:
        blocks, self._seq = self._snapshots.read(self._ref)
        self._saved_seq, self._unsaved_rows = self._seq, 0
        return blocks

    def _follow(self) -> None:
        """Apply what is new, batch by batch: if the feed fails, the next search goes on there."""
        more = True
        while more:
            changes = self._feed.changes(self._ref, self._seq)
            if changes.seq < self._seq:
                logger.warning("%s: records went back in time, the gallery is rebuilt", self._ref)
                self._blocks, self._seq = Blocks(), 0
                continue
            self._apply(changes)
            more = changes.more

    def _apply(self, changes: Changes) -> None:
        self._blocks = apply(self._blocks or Blocks(), changes)
        self._unsaved_rows += len(changes.put_nos) + len(changes.dropped_nos)
        self._seq = changes.seq

    def _renew_scan(self, blocks: Blocks) -> None:
        self._scan = self._scan_of(blocks) if blocks.rows else None
        self._scanned = blocks
        self.nbytes = blocks.nbytes
