"""The audit log and the gate: durable appends, verification, cost of a call.

    python benchmarks/audit.py [--entries 1000000] [--folder DIR]

Bare fdatasync on the same disk is measured beside the appends, since it bounds them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np

from beholden.domain.access import Identifies, Principal, Query, Resource
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.records import encode
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.verify import verify
from beholden.engines.audit.writer import LogWriter
from beholden.engines.policy.cedar import CedarPolicy
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.registry import Operation
from beholden.testing.audit import MemoryAudit, a_record
from beholden.testing.policy import UnsafeAllowEverything
from benchmarks.clocks import ROUNDS, once, ranged

TOOL = Path(__file__).parents[1] / "tools" / "verify_log.py"
SCHEMA = """
entity Principal = { holder: String, key_id: String, role: String, purpose: String, case?: String };
entity Collection;
action "describe", "search", "enrol";
action SearchFacesByImage in ["search"]
  appliesTo { principal: Principal, resource: Collection, context: { threshold_pct?: decimal } };
"""
# Eight policies: what each role may do, and rules that forbid.
ROLES = ("admin", "operator", "reviewer", "auditor")
RULES = (
    'principal.purpose == ""',
    'principal.role == "public"',
    'context has threshold_pct && context.threshold_pct.lessThan(decimal("80.0"))',
    'resource == Collection::"closed"',
)
PROFILE = "\n".join(
    [
        f'@id("{role}") permit (principal, action in [Action::"search"], resource) '
        f'when {{ principal.role == "{role}" }};'
        for role in ROLES
    ]
    + [
        f'@id("rule-{number}") forbid (principal, action, resource) when {{ {rule} }};'
        for number, rule in enumerate(RULES)
    ]
)
REQUEST = {"CollectionId": "staff", "Image": {"Bytes": bytes(20_000)}, "FaceMatchThreshold": 99.0}
ANN = Principal("ann", "operator", "door-access", "AKIA1")


def bare_flushes(folder: Path, seconds: float) -> str:
    """Appends of 800 bytes, each with its own fdatasync, one thread: per second."""
    ended = [time.perf_counter()]
    with (folder / "bare").open("ab", buffering=0) as file:
        while ended[-1] - ended[0] < seconds:
            file.write(bytes(800))
            os.fdatasync(file.fileno())
            ended.append(time.perf_counter())
    return ranged(rates(ended))


def rates(ended: Sequence[float]) -> list[float]:
    """How many ended in a second, in each fifth of the time."""
    counts, edges = np.histogram(ended, ROUNDS)
    return (counts / np.diff(edges)).tolist()


def appends(folder: Path, threads: int, seconds: float) -> tuple[str, str]:
    """Durable appends per second, and how long one waits in milliseconds."""
    home = folder / f"of-{threads}"
    log = TileLog(home / "log", home / "log.key", "log.example.org/bench")
    waits: list[float] = []
    ended: list[float] = []
    until = time.perf_counter() + seconds

    def append() -> None:
        while time.perf_counter() < until:
            started = time.perf_counter()
            log.append(a_record())
            ended.append(time.perf_counter())
            waits.append(1e3 * (ended[-1] - started))

    workers = [threading.Thread(target=append) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    log.close()
    return ranged(rates(ended)), ranged(waits)


def grow(folder: Path, key: Path, entries: int) -> None:
    """A log of many records, in batches of 5,000."""
    writer = LogWriter(folder, load_signer(key, "log.example.org/bench"), key.with_suffix(".head"))
    for first in range(0, entries, 5_000):
        last = min(first + 5_000, entries)
        writer.append([encode(a_record(f"call-{n:08}")) for n in range(first, last)])
    writer.publish()
    writer.close()


def verified(folder: Path, key: Path) -> float:
    """Entries that beholden's own verifier checks in a second."""
    signer = load_signer(key, "log.example.org/bench")
    started = time.perf_counter()
    report = verify(folder, signer.verifier)
    assert report.sound
    assert report.checkpoint is not None
    return report.checkpoint.size / (time.perf_counter() - started)


def verified_by_tool(folder: Path, key: Path) -> float:
    """Seconds that tools/verify_log.py takes, its start included."""
    line = str(load_signer(key, "log.example.org/bench").verifier)
    started = time.perf_counter()
    command = [sys.executable, str(TOOL), str(folder), "--key", line]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def microseconds(act, calls: int = 2_000) -> str:
    """Of five runs, per call."""
    runs = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(calls):
            act()
        runs.append((time.perf_counter() - started) / calls * 1e6)
    return ranged(runs)


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def gate_with(policy, audit) -> Gate:
    operation = Operation(
        "SearchFacesByImage",
        lambda request: Resource("Collection", request["CollectionId"]),
        lambda request: {"threshold_pct": request["FaceMatchThreshold"]},
        Identifies.SEARCHES,
        lambda _services, _call, _request: {},
    )
    ids = count()
    digest = RequestDigest(b"salt")
    return Gate(
        {operation.name: operation},
        None,
        policy,
        audit,
        Clock(),
        lambda: f"id-{next(ids)}",
        digest,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000, help="entries to verify")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each append figure")
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        report_appends(folder, options.seconds)
        report_verification(folder, options.entries)
    report_gate()


def report_appends(folder: Path, seconds: float) -> None:
    print(f"bare fdatasync, one thread        {bare_flushes(folder, 2)} /s")
    for threads in (1, 8, 32):
        rate, wait = appends(folder, threads, seconds)
        print(f"durable appends, {threads:2} waiting       {rate} /s, {wait} ms")


def report_verification(folder: Path, entries: int) -> None:
    key = folder / "big.key"
    started = time.perf_counter()
    grow(folder / "big", key, entries)
    rate = entries / (time.perf_counter() - started)
    print(f"appends in batches of 5,000       {once(rate)} /s")
    rate = verified(folder / "big", key)
    print(f"verify, {entries:9,} entries        {once(rate)} /s: {once(1e6 / rate)} s a million")
    took = verified_by_tool(folder / "big", key)
    print(f"tools/verify_log.py               {once(entries / took)} /s")


def report_gate() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        schema, profile = Path(temporary) / "s.cedarschema", Path(temporary) / "p.cedar"
        schema.write_text(SCHEMA)
        profile.write_text(PROFILE)
        policy = CedarPolicy(schema, [profile])
    query = Query(ANN, "SearchFacesByImage", Resource("Collection", "staff"), Identifies.SEARCHES)
    print(f"one decision by Cedar             {microseconds(lambda: policy.decide(query))} µs")
    for name, gate in (
        ("without policy and log", gate_with(UnsafeAllowEverything(), MemoryAudit())),
        ("with Cedar, without a disk", gate_with(policy, MemoryAudit())),
    ):
        cost = microseconds(lambda gate=gate: gate.call(ANN, "SearchFacesByImage", REQUEST))
        print(f"a call, {name:26} {cost} µs")


if __name__ == "__main__":
    main()
