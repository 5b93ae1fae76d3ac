"""Search beside its peers, at equal recall.

    python -m benchmarks.search_peers [--rows 30000] [--patience 120] [--only NAME ...]

The same templates (see benchmarks/gallery.py) and probes for everybody, one thread, probe by probe
in turns, so that a busy machine is busy for all. Recall is against float32 brute force. Those that
do not look at every template search more widely, by doubling, until their recall@10 is 0.999; one
that does not get there is shown at its widest, and is no equal. A peer that cannot run, or does not
build its index in --patience seconds, is listed with the reason and how far it came. For servers
(pgvector, Milvus) the processor time and memory are those of the client alone, and so they are left
out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import numpy as np

from benchmarks.clocks import once, ranged
from benchmarks.gallery import Bench, probes_of, stored
from benchmarks.peers import install, last_line, python

PACKAGES = {
    "faiss flat": ("numpy", "faiss-cpu"),
    "faiss fp16": ("numpy", "faiss-cpu"),
    "faiss HNSW": ("numpy", "faiss-cpu"),
    "faiss IVF": ("numpy", "faiss-cpu"),
    "hnswlib": ("numpy", "hnswlib"),
    "usearch": ("numpy", "usearch"),
    "pgvector": ("numpy", "pgserver", "psycopg[binary]"),
    "milvus": ("numpy", "milvus==2.3.5", "pymilvus", "setuptools<81"),
}
SERVERS = ("pgvector", "milvus")
# Where a search may be narrower or wider: the widest that the peer takes, or that we wait for.
WIDEST = {
    "faiss HNSW": 8192,
    "faiss IVF": 1024,
    "hnswlib": 8192,
    "usearch": 8192,
    "pgvector": 1000,
    "milvus": 8192,
}
PROBES, WARM_UP, K = 100, 3, 10
NARROWEST, EQUAL = 32, 0.999
PARTS, END_S = 16, 20
# How a peer begins a line that says how far it is.
PROGRESS = "# "


@dataclass
class Runner:
    built_s: float
    memory_mb: float
    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    found: list[list[int]] = field(default_factory=list)


class Peer(Runner):
    def __init__(self, name: str, folder: Path, patience_s: float) -> None:
        """Raises RuntimeError with the reason where it does not come up."""
        if reason := install(PACKAGES[name]):
            raise RuntimeError(reason)
        self._errors = (folder / "errors").open("w+")
        script = Path(__file__).with_name("search_peer.py")
        command = [python(), script, name, folder / "t.npy", folder / "probes.npy"]
        pipe, errors = subprocess.PIPE, self._errors
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True)
        self._lines: Queue[str] = Queue()
        self._progress = ""
        Thread(target=self._read, daemon=True).start()
        self.width = 0
        super().__init__(**json.loads(self._answer(patience_s)))

    def search(self, probe_no: int) -> tuple[float, float, list[int]]:
        assert self._process.stdin
        print(probe_no, self.width, file=self._process.stdin, flush=True)
        wall, cpu, found = json.loads(self._answer(60))
        return wall, cpu, found

    def widen(self, widest: int, truth: np.ndarray) -> None:
        """To the narrowest search, by doubling, that is equal; or to the widest."""
        self.width = NARROWEST
        while self.width < widest and recall(self._found(len(truth)), truth) < EQUAL:
            self.width = min(2 * self.width, widest)

    def _found(self, probes: int) -> list[list[int]]:
        return [self.search(probe_no)[2] for probe_no in range(probes)]

    def close(self) -> None:
        """Nothing more is asked: it ends, and its server with it."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(("{", "[")):
                self._lines.put(line)
            elif line.startswith(PROGRESS):
                self._progress = f", {line.removeprefix(PROGRESS).strip()}"
        self._lines.put("")

    def _answer(self, patience_s: float) -> str:
        try:
            line = self._lines.get(timeout=patience_s)
        except Empty:
            self.close()
            reason = f"no answer within {patience_s:.0f} s{self._progress}"
            raise RuntimeError(reason) from None
        if not line:
            self._errors.seek(0)
            raise RuntimeError(last_line(self._errors.read()))
        return line


class Beholden(Runner):
    def __init__(self, bench: Bench, probes: np.ndarray) -> None:
        self._bench, self._probes, begun = bench, probes, time.perf_counter()
        self._gallery = bench.opened()
        bench.probes = probes[:1]
        bench.search(self._gallery)
        vectors = bench.templates.nbytes + 8 * len(bench.templates)
        super().__init__(time.perf_counter() - begun, vectors / 2**20)

    def search(self, probe_no: int) -> tuple[float, float, list[int]]:
        self._bench.probes = self._probes[probe_no : probe_no + 1]
        wall, cpu = time.perf_counter(), time.process_time()
        (found,) = self._bench.search(self._gallery)
        spent = time.perf_counter() - wall, time.process_time() - cpu
        return *spent, [candidate.subject_no - 1 for candidate in found]

    def close(self) -> None:
        self._gallery.close()


def brute_force(templates: np.ndarray, probes: np.ndarray) -> np.ndarray:
    """The rows of the K best for each probe."""
    scores = [probes @ part.astype(np.float32).T for part in np.array_split(templates, PARTS)]
    return np.argsort(-np.concatenate(scores, axis=1), axis=1, kind="stable")[:, :K]


def recall(found: list[list[int]], truth: np.ndarray, k: int = K) -> float:
    """The share of the `k` best that were among the first `k`."""
    same = (len({*f[:k]} & {*t[:k]}) for f, t in zip(found, truth.tolist(), strict=True))
    return sum(same) / (k * len(truth))


def opened(
    names: list[str], folder: Path, patience_s: float, truth: np.ndarray
) -> tuple[dict[str, Peer], dict[str, str]]:
    peers, reasons = {}, {}
    for name in names:
        try:
            peers[name] = Peer(name, folder, patience_s)
            if name in WIDEST:
                peers[name].widen(WIDEST[name], truth)
        except RuntimeError as error:
            peers.pop(name, None)
            reasons[name] = str(error)
    return peers, reasons


def take_turns(runners: dict[str, Beholden | Peer], probes: int) -> None:
    for turn in range(-WARM_UP, probes):
        for runner in runners.values():
            wall, cpu, found = runner.search(turn % probes)
            if turn >= 0:
                runner.walls.append(wall)
                runner.cpus.append(cpu)
                runner.found.append(found)


def row(name: str, runner: Runner, ours: Runner, truth: np.ndarray) -> str:
    wall = ranged(np.multiply(1e3, runner.walls))
    ratio = ranged(np.divide(runner.walls, ours.walls))
    shares = (recall(runner.found, truth, k) for k in (1, K))
    built_anew = name in WIDEST  # and another index each time
    recalls = " | ".join(once(share, ".3f") if built_anew else f"{share:.3f}" for share in shares)
    server = name in SERVERS
    cpu = "" if server else ranged(np.multiply(1e3, runner.cpus))
    memory = "" if server else once(runner.memory_mb)
    width = once(runner.width) if isinstance(runner, Peer) and runner.width else ""
    speed = f"{width} | {wall} | {cpu} | {ratio}"
    return f"| {name} | {speed} | {recalls} | {once(runner.built_s)} | {memory} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--like", type=Path, help="embeddings (n, d) to be like")
    parser.add_argument("--only", nargs="+", choices=PACKAGES, default=list(PACKAGES))
    parser.add_argument("--patience", type=float, default=120, help="seconds to build an index")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        templates = stored(folder, options.rows, options.like)
        probes = probes_of(templates, PROBES)
        np.save(folder / "probes.npy", probes)
        truth = brute_force(templates, probes)
        peers, reasons = opened(options.only, folder, options.patience, truth)
        ours = Beholden(Bench(folder, templates), probes)
        runners: dict[str, Beholden | Peer] = {"Beholden (exact)": ours, **peers}
        take_turns(runners, PROBES)
        for runner in runners.values():
            runner.close()
    print(f"{options.rows:,} templates, {PROBES} probes, 10 candidates each, one thread\n")
    print("| | width | median ms | CPU ms | times Beholden | recall@1 | recall@10 | built s | MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for who, runner in runners.items():
        print(row(who, runner, ours, truth))
    for who, reason in reasons.items():
        print(f"| {who} | not run: {reason.replace('|', '/')[:200]} | | | | | | | |")


if __name__ == "__main__":
    main()
