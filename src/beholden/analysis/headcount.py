"""How many are there, and how many came: counted by their outlines, whoever they are."""

from __future__ import annotations

from collections.abc import Sequence

from beholden.analysis.people import GAP_MS, PersonTrack, PersonTracker
from beholden.domain.image import Image
from beholden.domain.labels import Instance

# Somebody whom the detector misses for so long has not gone; whom it sees once may be nobody.
AWAY_MS = 600
LEAST_LOOKS = 2


class HeadCount:
    """Of one kind before one camera. `entries` counts whoever came into view; who comes back within
    three seconds, in the same clothes, did not leave."""

    def __init__(self) -> None:
        self._tracker = PersonTracker()
        self._counted: frozenset[PersonTrack] = frozenset()
        self.entries = 0

    def look(self, at_ms: int, image: Image, found: Sequence[Instance]) -> list[PersonTrack]:
        """The next frame: whoever is in view."""
        self._tracker.look(at_ms, image, found)
        tracks = [one for one in self._tracker.tracks if at_ms - one.last.at_ms <= GAP_MS]
        self._tracker.tracks = tracks
        for one in tracks:
            del one.seen[:-LEAST_LOOKS]
        sure = frozenset(one for one in tracks if len(one.seen) >= LEAST_LOOKS)
        self.entries += len(sure - self._counted)
        self._counted = sure
        return [one for one in sure if at_ms - one.last.at_ms <= AWAY_MS]
