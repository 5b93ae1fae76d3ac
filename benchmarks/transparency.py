"""Following the log: publishing, counting and looking for misuse, in entries a second.

    python -m benchmarks.transparency [--entries 1000000] [--folder DIR]

The log is made of searches by 200 people under 5 purposes, six for each case, 686 a day, an intent
and an outcome each, as the gate writes them. What follows it runs on one core.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from beholden.console.page import PublicKeys, html
from beholden.domain.audit import AuditRecord, RecordKind
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.published import PublishedFolder
from beholden.engines.audit.records import encode
from beholden.engines.audit.trail import FolderTrail
from beholden.engines.audit.writer import LogWriter
from beholden.engines.clock import SystemClock
from beholden.engines.states.folder import StateFolder
from beholden.oversight.follow import Counter, Publisher
from beholden.oversight.misuse import Limits
from beholden.oversight.watch import Desk, Watcher
from beholden.testing.alerts import FakeAlerts
from beholden.testing.audit import MemoryAudit
from beholden.testing.notifier import FakeNotifier
from benchmarks.clocks import medians, once, spent

ORIGIN = "log.example.org/bench"
TOOL = Path(__file__).parents[1] / "tools" / "recompute_report.py"
BATCH = 5_000
SEARCHES_PER_CASE = 6


def entries(number: int) -> list[bytes]:
    """A call's intent and outcome, from its number."""
    draw = random.Random(number)
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 126)
    asked = {
        "request": f"{draw.getrandbits(256):064x}",
        "asked": {"threshold_pct": 80},
        "policies": ["role-operator"],
        "granted": {"threshold_pct": 99.0},
    }
    found = [
        {"face": f"{draw.getrandbits(128):032x}", "similarity_pct": 99.5}
        for _ in range(draw.randrange(4))
    ]
    evidence = {
        "probe": f"{draw.getrandbits(256):064x}",
        "gallery": "x",
        "candidates": found,
        "threshold_pct": 99.0,
    }
    case = number // SEARCHES_PER_CASE
    who = f"person-{random.Random(case).randrange(200)}"
    common = (f"call-{number}", at, who, "AKIA", "operator", f"purpose-{draw.randrange(5)}")
    rest = (f"case-{case}", "SearchFacesByImage", 'Collection::"x"')
    facts = ((RecordKind.INTENT, asked), (RecordKind.OUTCOME, asked | evidence))
    return [encode(AuditRecord(kind, *common, *rest, told)) for kind, told in facts]


def grow(folder: Path, key: Path, count: int) -> None:
    signer = load_signer(key, ORIGIN)
    writer = LogWriter(folder, signer, key.with_suffix(".head"))
    for first in range(0, count // 2, BATCH):
        last = min(first + BATCH, count // 2)
        writer.append([entry for number in range(first, last) for entry in entries(number)])
    writer.publish()
    writer.close()
    (folder / VERIFIER_KEY).write_text(f"{signer.verifier}\n")


def timed(what: str, count: int, act: Callable[[], object]) -> None:
    """Of the clock, and of the processor, which other work on the machine leaves alone."""
    clock, used = time.perf_counter(), cpu_seconds()
    act()
    clock, used = time.perf_counter() - clock, cpu_seconds() - used
    rates = once(count / clock), once(count / used)
    print(f"{what:28}{rates[0]:>10} /s   {rates[1]:>10} per CPU second")


def cpu_seconds() -> float:
    """Of this process and of those that it waited for."""
    return sum(os.times()[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        report(Path(temporary), options.entries)


def report(home: Path, count: int) -> None:
    key, clock = home / "log.key", SystemClock()
    grow(home / "log", key, count)
    trail, states = FolderTrail(home / "log"), StateFolder(home / "states")
    log = PublishedFolder(home / "published", key, ORIGIN)
    counter = Counter(log, states)
    desk = Desk(
        MemoryAudit(), FakeNotifier(), FakeAlerts(clock), iter(map(str, range(10**9))).__next__
    )
    watcher = Watcher(trail, desk, states, clock, limits=Limits(sample_pct=0), secret=bytes(32))
    timed("publish", count, Publisher(trail, log, clock, timedelta(0)).run)
    timed("count", count, counter.run)
    timed("look for misuse", count, watcher.run)
    counter.close()
    report_page(counter)
    for name in ("transparency", "misuse"):
        size = (home / "states" / f"{name}.json").stat().st_size
        print(f"state kept, {name:16}{once(size / 1e3):>10} kB")
    command = [sys.executable, str(TOOL), str(home / "published"), "--audit", str(home / "log")]
    recount = lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: E731
    timed("tools/recompute_report.py", count, recount)


def report_page(counter: Counter) -> None:
    """One page, made afresh: a server makes it once for each state of the log."""
    keys = PublicKeys("k", "origin+1+k")
    taken = [spent(lambda: html(counter.report(), keys)) for _ in range(20)]
    print(f"one page, made afresh       {medians(taken)}")


if __name__ == "__main__":
    main()
