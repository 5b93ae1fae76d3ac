"""Reading the log's folder: bundles, tiles, and the hashes that proofs are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beholden.engines.audit.edge import Edge
from beholden.engines.audit.layout import HASH_BYTES, WIDTH, hashes_of, tile_path, unpack
from beholden.engines.audit.merkle import split, tree_root
from beholden.engines.audit.remote import LogFolder

# A partial bundle may be sealed, and gone, while somebody looks for it: then they look again.
READS = 3


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tiles under a log's folder. Nothing here is verified; see verify.py. `size`, where it is
    known, is how many entries there are, and so tells how wide a partial tile is, which a folder
    behind a URL cannot list."""

    folder: LogFolder
    size: int = 0

    def bundle(self, number: int, width: int = WIDTH) -> list[bytes] | None:
        """The first `width` entries of a bundle, or None if they are not there.
        Raises ValueError if the bundle ends within an entry."""
        if width == 0:
            return []
        data, held = self._read("entries", number, width)
        entries = unpack(data)
        return entries[:width] if len(entries) == held else None

    def bundle_of(self, index: int) -> list[bytes]:
        """The bundle that holds an entry of the first `size`. Raises FileNotFoundError if it is
        missing."""
        number = index // WIDTH
        for _ in range(READS):
            entries = self.bundle(number, min(WIDTH, self.size - number * WIDTH))
            if entries is not None:
                return entries
        raise FileNotFoundError(f"the bundle of entry {index} is missing")

    def entries(self, first: int) -> Iterator[tuple[int, bytes]]:
        """(index, entry) from index `first` to `size`, in order. Raises FileNotFoundError."""
        for start in range(first - first % WIDTH, self.size, WIDTH):
            for index, entry in enumerate(self.bundle_of(start), start):
                if index >= first:
                    yield index, entry

    def hashes(self, level: int, number: int, width: int = WIDTH) -> list[bytes] | None:
        """The first `width` hashes of a tile, or None if they are not there."""
        data, held = self._read(level, number, width)
        return hashes_of(data)[:width] if len(data) == held * HASH_BYTES else None

    def range_hash(self, first: int, last: int) -> bytes:
        """Root hash over the leaves first..last-1, a range as RFC 6962 splits trees. Raises
        FileNotFoundError if a tile is missing."""
        count = last - first
        if count & (count - 1):
            middle = first + split(count)
            return tree_root([self.range_hash(first, middle), self.range_hash(middle, last)])
        level = (count.bit_length() - 1) // 8
        nodes, at = count >> (8 * level), first >> (8 * level)
        number, offset = divmod(at, WIDTH)
        found = self._widest(level, number, offset + nodes)
        return tree_root(found[offset : offset + nodes])

    def _widest(self, level: int, number: int, width: int) -> list[bytes]:
        """At least `width` hashes of a tile: a later partial tile serves, too."""
        latest = (self.size >> (8 * level)) - number * WIDTH
        for wide in (width, min(latest, WIDTH), WIDTH, *self.partials(level, number)):
            found = self.hashes(level, number, wide) if wide >= width else None
            if found is not None:
                return found
        raise FileNotFoundError(f"{tile_path(level, number, width)} is missing")

    def partials(self, level: int | str, number: int) -> list[int]:
        """The widths of the partial tiles that are there, as far as that can be listed."""
        if not isinstance(self.folder, Path):
            return []
        folder = (self.folder / tile_path(level, number, 1)).parent
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(name) for name in names if name.isdecimal())

    def edge(self, size: int, *, rebuilt: bool = False) -> Edge:
        """The edge at `size` leaves, a multiple of WIDTH: from partial tiles or, `rebuilt`, from
        full ones alone. Raises FileNotFoundError if a full tile is missing."""
        edge = Edge([[]] if size else [])
        level, count = 1, size // WIDTH
        while count:
            number, width = divmod(count, WIDTH)
            found = None if rebuilt or not width else self.hashes(level, number, width)
            if found is None:
                found = [self._tile_root(level - 1, number * WIDTH + i) for i in range(width)]
            edge.levels.append(found)
            level, count = level + 1, number
        return edge

    def _tile_root(self, level: int, number: int) -> bytes:
        return tree_root(self._widest(level, number, WIDTH))

    def _read(self, level: int | str, number: int, width: int) -> tuple[bytes, int]:
        """A tile, or the full one that took its place, and how many items it must hold."""
        for held in (width, WIDTH):
            try:
                return (self.folder / tile_path(level, number, held)).read_bytes(), held
            except FileNotFoundError:
                continue
        return b"", width
