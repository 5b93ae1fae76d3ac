"""How costs grow with a gallery, from ten thousand templates to ten million.

    python -m benchmarks.growth [--rows 10000000] [--enrolled 100000] [--plot FILE]

Templates as in benchmarks/gallery.py, one thread. *Enrol* and *delete* are one face: its durable
transaction in the records (SQLite, file vault) and the gallery that follows, up to --enrolled
faces, and into an empty collection. *Follow* is the gallery's part of it alone. *Search* finds 10
candidates of one probe: in float16 as the engine does, by the codes of benchmarks/coarse_scan.py
alone (without a proof that nothing was missed), and with that proof. Memory is that of the
gallery. Processor time. Sizes that would take more than half of
the memory that is free are left out. The plot goes beside RESULTS.md.
"""

from __future__ import annotations

import argparse
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import faiss
import numpy as np
from markupsafe import Markup

from beholden.domain.face import Collection
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.gallery.held import HeldGallery
from beholden.engines.gallery.memory import release_freed_memory
from beholden.engines.gallery.ranking import ranked
from beholden.engines.gallery.scan import Fp16Scan
from beholden.engines.gallery.snapshot import Snapshots
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.vault.local import LocalVault
from beholden.evaluation.report.svg import Frame, tag
from beholden.ports.records import ChangeFeed
from beholden.testing.clock import FakeClock
from benchmarks.clocks import once, ranged, spent
from benchmarks.coarse_scan import CoarseScan, Codec, blocks_of
from benchmarks.gallery import DIM, FACES, ArrayFeed, anonymous_bytes, probes_of, stored
from benchmarks.records import faces

PLOT = Path(__file__).with_name("growth.svg")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
CHANGES, PROBES, BATCH = 100, 7, 5000
BYTES_EACH = 2 * DIM + 8 + 65
# In order: milliseconds of the processor, or MB measured once.
Cost = list[float]
Costs = dict[str, Cost]
PANELS = {
    "enrol or delete one face, ms": ("enrol", "delete"),
    "follow one change, ms": ("follow an enrolment", "follow a deletion"),
    "search, ms": ("search", "codes alone", "with proof"),
    "memory, MB": ("memory",),
}
STYLE = """text { font: 11px sans-serif; fill: #333 } .mid { text-anchor: middle }
.end { text-anchor: end } .grid { stroke: #ddd } .curve { fill: none; stroke-width: 2 }
.c0 { stroke: #0b7285 } .c1 { stroke: #c2571a } .c2 { stroke: #6741d9 }"""
COLOURS = ("#0b7285", "#c2571a", "#6741d9")


def costs_of(works: Sequence[Callable[[], object]]) -> Cost:
    """Of `works`, each done once."""
    return [1e3 * spent(work)[1] for work in works]


def held_by(feed: ChangeFeed, ref: GalleryRef, folder: Path) -> HeldGallery:
    """A gallery in memory, without snapshots."""
    nowhere = Snapshots(Path("/nonexistent"), LocalVault(folder / "keys"), str)
    return HeldGallery(ref, feed, nowhere, partial(Fp16Scan, threads=1), lambda _: None)


def enrolling(folder: Path, templates: np.ndarray, sizes: Sequence[int]) -> Iterator[Costs]:
    """Costs of one face at each size, of one collection that grows."""
    records = SqlRecords(sqlite_url(folder / "records.db"), LocalVault(folder / "v"), FakeClock())
    collection = records.collections.create("bench", "arn:bench", "m1", {})
    held = held_by(records.changes, GalleryRef(collection.no, Subject.FACE), folder)
    first = 0
    for size in sizes:
        while first < size:
            count = min(BATCH, size - first)
            records.faces.add(collection, faces(first, templates[first : first + count]), 10**9)
            first += count
        held.current()
        new = range(first, first + CHANGES)
        first += CHANGES
        works = {"enrol": partial(_enrol, templates), "delete": _delete}
        yield {
            name: costs_of([partial(work, records, collection, held, no) for no in new])
            for name, work in works.items()
        }
    records.close()


def _enrol(
    templates: np.ndarray, records: SqlRecords, collection: Collection, held: HeldGallery, no: int
) -> None:
    records.faces.add(collection, faces(no, templates[no % BATCH :][:1]), 10**9)
    held.current()


def _delete(records: SqlRecords, collection: Collection, held: HeldGallery, no: int) -> None:
    records.faces.delete(collection, [f"{no:036d}"])
    held.current()


def following(held: HeldGallery, feed: ArrayFeed, size: int) -> Costs:
    """What one committed change costs the next search before it scans: enrolments at the end,
    deletions all over the gallery."""

    def follow(no: int, template: np.ndarray | None) -> None:
        feed.later.append((no, template))
        held.current()

    new = [partial(follow, size + 1 + turn, feed.templates[turn]) for turn in range(CHANGES)]
    gone = [partial(follow, no, None) for no in range(1, size, size // CHANGES)]
    return {"follow an enrolment": costs_of(new), "follow a deletion": costs_of(gone)}


def searching(folder: Path, templates: np.ndarray, probes: np.ndarray) -> Costs:
    """All that is measured of a gallery of these templates."""
    release_freed_memory()
    feed, before = ArrayFeed(templates), anonymous_bytes()
    held = held_by(feed, FACES, folder)
    scan = held.current()
    assert scan
    found: Costs = {"memory": [(anonymous_bytes() - before) / 2**20]}
    found["search"] = costs_of([partial(ranked, scan, probe, 10, -1.0) for probe in probes])
    found |= following(held, feed, len(templates))
    del held, scan
    blocks, codec = blocks_of(templates), Codec(DIM)
    coarse = CoarseScan(blocks, codec, -1.0)
    asked = [codec.asked(probe[0]) for probe in probes]
    found["codes alone"] = costs_of([partial(coarse.bounds, one, 10) for one in asked])
    found["with proof"] = costs_of([partial(ranked, coarse, probe, 10, -1.0) for probe in probes])
    return found


def table(found: dict[int, Costs]) -> Iterator[str]:
    names = [name for panel in PANELS.values() for name in panel]
    yield f"| templates | {' | '.join(names)} |"
    yield "|---:|" + "---:|" * len(names)
    for size, costs in found.items():
        cells = [told(costs.get(name, [])) for name in names]
        yield f"| {size:,} | {' | '.join(cells)} |"


def told(cost: Cost) -> str:
    """Empty where it was not measured."""
    if len(cost) < 2:
        return "".join(map(once, cost))
    return ranged(cost)


def compared(found: dict[int, Costs]) -> Iterator[str]:
    """The largest size beside the smallest, for what should not grow."""
    for name in [name for names in list(PANELS.values())[:2] for name in names]:
        sizes = [size for size in found if name in found[size]]
        last, first = (found[size][name] for size in (sizes[-1], sizes[0]))
        yield f"{name}, {sizes[-1]:,} beside {sizes[0]:,}: {ranged(last / np.median(first))} times"


def plot(found: dict[int, Costs]) -> str:
    """A panel for each group of costs over the gallery's size, both axes logarithmic."""
    panels = [_panel(found, title, names) for title, names in PANELS.items()]
    places = [(0, 0), (460, 0), (0, 340), (460, 340)]
    drawn = "".join(
        f'<g transform="translate({x} {y})">{panel}</g>'
        for (x, y), panel in zip(places, panels, strict=True)
    )
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 680" width="920">'
    return f"{head}<style>{STYLE}</style>{drawn}</svg>\n"


def _panel(found: dict[int, Costs], title: str, names: Sequence[str]) -> Markup:
    lines = {
        name: [
            (size, median(costs[name])) for size, costs in found.items() if size and name in costs
        ]
        for name in names
    }
    values = [value for points in lines.values() for _, value in points]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    ends = (10.0**low, 10.0 ** max(high, low + 1))
    frame = Frame.make((min(SIZES), max(SIZES)), ends, log_x=True, log_y=True)
    parts = frame.grid("templates", title)
    for n, (name, points) in enumerate(lines.items()):
        parts.append(frame.line(points, f"curve c{n}"))
        parts.append(tag("text", name, x=80, y=30 + 14 * n, style=f"fill: {COLOURS[n]}"))
    return Markup("").join(parts)


def fitting(rows: int) -> list[int]:
    """The sizes up to `rows` for which there is room."""
    free = re.search(r"MemAvailable:\s*(\d+)", Path("/proc/meminfo").read_text())
    room = int(free[1]) * 1024 // 2 if free else 0
    return [size for size in SIZES if size <= rows and size * BYTES_EACH <= room]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=SIZES[-1])
    parser.add_argument("--enrolled", type=int, default=100_000)
    parser.add_argument("--plot", type=Path, default=PLOT)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    sizes = fitting(options.rows)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        templates = stored(folder, sizes[-1], None)
        probes = probes_of(templates, PROBES)[:, None]
        enrolled = [0, *(size for size in sizes if size <= options.enrolled)]
        found = dict(zip(enrolled, enrolling(folder, templates, enrolled), strict=True))
        for size in sizes:
            found[size] = found.get(size, {}) | searching(folder, templates[:size], probes)
    print(*table(found), "", *compared(found), sep="\n")
    options.plot.write_text(plot(found), encoding="utf-8")
    print(f"\n![Costs over the size of the gallery]({options.plot.name})")


if __name__ == "__main__":
    main()
