"""The right edge of the tree: all that is needed to grow it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from beholden.engines.audit.layout import WIDTH
from beholden.engines.audit.merkle import EMPTY_ROOT, tree_root

Seal = Callable[[int, int, bytes], None]


@dataclass(slots=True)
class Edge:
    """The hashes of the last, partial tile of each level (`levels[0]` are leaf hashes)."""

    levels: list[list[bytes]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Leaves in the tree."""
        return sum(len(hashes) * WIDTH**level for level, hashes in enumerate(self.levels))

    def push(self, leaf: bytes, seal: Seal) -> None:
        """Add a leaf hash. `seal(level, number, tile)` is called for each tile that fills up."""
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
        root: bytes | None = None
        for hashes in self.levels:
            nodes = hashes if root is None else [*hashes, root]
            root = tree_root(nodes) if nodes else None
        return EMPTY_ROOT if root is None else root

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
