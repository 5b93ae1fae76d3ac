"""The right edge of the tree: all that is needed to grow it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from beholden.engines.audit.layout import WIDTH
from beholden.engines.audit.merkle import EMPTY_ROOT, node_hash, tree_root

LEVEL_HEIGHT = (WIDTH - 1).bit_length()
Seal = Callable[[int, int, bytes], None]


@dataclass(slots=True)
class Edge:
    """The hashes of the last, partial tile of each level (`levels[0]` are leaf hashes)."""

    levels: list[list[bytes]] = field(default_factory=list)
    # (height, hash) of the perfect trees that make up this one, highest first; None until a root
    # is asked for. From them a root takes a few hashes, from the tiles some hundreds.
    _peaks: list[tuple[int, bytes]] | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """Leaves in the tree."""
        return sum(len(hashes) * WIDTH**level for level, hashes in enumerate(self.levels))

    def push(self, leaf: bytes, seal: Seal) -> None:
        """Add a leaf hash. `seal(level, number, tile)` is called for each tile that fills up."""
        if self._peaks is not None:
            _merge(self._peaks, 0, leaf)
        level, node = 0, leaf
        while True:
            if level == len(self.levels):
                self.levels.append([])
            hashes = self.levels[level]
            hashes.append(node)
            if len(hashes) < WIDTH:
                return
            number = self._number(level)
            seal(level, number, b"".join(hashes))
            node = tree_root(hashes)
            hashes.clear()
            level += 1

    def root(self) -> bytes:
        """The root hash of the whole tree."""
        if self._peaks is None:
            self._peaks = []
            for level in reversed(range(len(self.levels))):
                for node in self.levels[level]:
                    _merge(self._peaks, level * LEVEL_HEIGHT, node)
        if not self._peaks:
            return EMPTY_ROOT
        *higher, (_, root) = self._peaks
        for _, peak in reversed(higher):
            root = node_hash(peak, root)
        return root

    def tiles(self) -> list[tuple[int, int, bytes]]:
        """(level, number, content) of each partial tile."""
        return [
            (level, self._number(level), b"".join(hashes))
            for level, hashes in enumerate(self.levels)
            if hashes
        ]

    def _number(self, level: int) -> int:
        """The number of the level's partial tile: how many full ones there are before it."""
        above = enumerate(self.levels[level + 1 :])
        return sum(len(hashes) * WIDTH**height for height, hashes in above)


def _merge(peaks: list[tuple[int, bytes]], height: int, node: bytes) -> None:
    """Add a perfect tree to the right: two of one height are one that is higher."""
    while peaks and peaks[-1][0] == height:
        node = node_hash(peaks.pop()[1], node)
        height += 1
    peaks.append((height, node))
