"""How near to the hardware: search and networks beside what the core can read and multiply.

    python -m benchmarks.limits [--rows 1000000]

Read bandwidth: a sum of float32 products over memory far larger than the caches (BLAS sdot).
Multiplication: a large product of float32 matrices (BLAS sgemm). One core; all take turns, so
that a busy machine is busy for all, and a round is judged by the core's rate in that round.
The limit of a search is its bytes over that bandwidth; of a batch of probes, and of a network, its
multiplications and additions over that rate. The network of scenes computes in eight bits, so that
a limit in float32 does not hold for it, nor quite for DetectLabels.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import numpy as np
import openvino as ov

from beholden.config import Settings
from beholden.domain.gallery import Changes
from beholden.engines.gallery.blocks import Blocks, apply
from beholden.engines.gallery.ranking import ranked
from beholden.engines.gallery.scan import Fp16Scan
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.ports.inference import Inference, Network
from benchmarks.clocks import in_turns, ranged

DIM, FEED_BATCH, BATCH, ROUNDS = 128, 8192, 100, 7
STREAM_FLOATS, SIDE = 64 * 2**20, 1536
# Networks, and what one call is given.
INPUTS: dict[str, tuple[int, ...]] = {
    "yunet": (1, 3, 160, 160),
    "face_mesh": (1, 192, 192, 3),
    "sface": (1, 3, 112, 112),
    "objects": (1, 3, 300, 300),
    "scenes": (1, 280, 280, 3),
    "adult": (1, 224, 224, 3),
    "body": (1, 192, 192, 3),
    "text_detector": (1, 3, 640, 640),
    "text_recogniser": (1, 3, 48, 320),
}
BYTES = ("scenes", "body")


@dataclass(frozen=True)
class Peaks:
    """What one core reads in bytes a second, and multiplies and adds in float32 a second: in each
    round."""

    read: np.ndarray
    multiply: np.ndarray

    @classmethod
    def of(cls, took: Mapping[str, np.ndarray]) -> Peaks:
        """By the processor seconds of `bare`."""
        return cls(4 * STREAM_FLOATS / took["read"], 2 * SIDE**3 / took["multiply"])

    @classmethod
    def measured(cls) -> Peaks:
        return cls.of({name: both[1] for name, both in in_turns(bare(), ROUNDS).items()})

    def beside(self, operations: float, cpu_s: float) -> str:
        """The share of the limit that `operations` in `cpu_s` reach."""
        limit_s = operations / self.multiply
        rate, limit_ms = ranged(self.multiply / 1e9), ranged(limit_s * 1e3)
        return (
            f"{operations / 1e9:.2f} GFLOP at this core's {rate} GFLOP/s take {limit_ms} ms: "
            f"{ranged(limit_s / cpu_s, '.0%')} of the limit reached"
        )


class Counting:
    """Implements ports.inference.Inference by another; counts the operations of all networks."""

    def __init__(self, engine: Inference) -> None:
        self._engine = engine
        self.operations = 0

    def load(self, path: Path) -> Network:
        network = self._engine.load(path)

        def run(*inputs: np.ndarray) -> Sequence[np.ndarray]:
            self.operations += operations(path, tuple(each.shape for each in inputs))
            return network(*inputs)

        return run

    def metadata(self, path: Path, key: str) -> str:
        return self._engine.metadata(path, key)


def bare() -> dict[str, Callable[[], object]]:
    stream, square = np.ones(STREAM_FLOATS, np.float32), np.ones((SIDE, SIDE), np.float32)
    return {"read": lambda: stream @ stream, "multiply": lambda: square @ square}


def gallery(rows: int) -> Fp16Scan:
    rng, blocks, none = np.random.default_rng(0), Blocks(), np.empty(0, np.int64)
    for start in range(0, rows, FEED_BATCH):
        part = rng.standard_normal((min(FEED_BATCH, rows - start), DIM), np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        nos = np.arange(start + 1, start + 1 + len(part))
        blocks = apply(blocks, Changes(nos, part.astype(np.float16), none, start, False))
    return Fp16Scan(blocks, threads=1)


@cache
def operations(path: Path, shapes: tuple[tuple[int, ...], ...]) -> int:
    """Multiplications and additions in a call's convolutions and products."""
    graph = ov.Core().read_model(path)
    graph.reshape(dict(enumerate(map(list, shapes))))
    batch = shapes[0][0]
    return sum(
        2 * terms * int(np.prod(_made(node, batch)))
        for node in graph.get_ops()
        if (terms := _terms(node))
    )


def _terms(node: ov.Node) -> int:
    """How many products each number of the output is the sum of."""
    kind = node.get_type_name()
    if kind == "MatMul":
        return int(node.input(0).get_partial_shape().get_max_shape()[-1])
    grouped = {"Convolution": 1, "GroupConvolution": 2}.get(kind)
    if grouped is None:
        return 0
    return int(np.prod(node.input(1).get_partial_shape().get_max_shape()[grouped:]))


def _made(node: ov.Node, batch: int) -> list[int]:
    """The shape of its output; a size that stays open is that of the batch."""
    shape = node.output(0).get_partial_shape()
    return [size if size > 0 else batch for size in shape.get_max_shape()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    scan, rng = gallery(options.rows), np.random.default_rng(1)
    probes = rng.standard_normal((BATCH, DIM), np.float32)
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    store, engine = ModelStore(Settings().models_dir, read_manifest()), OpenVino(streams=1)
    works = bare() | {
        "one": lambda: ranked(scan, probes[:1], 10, -1.0),
        "many": lambda: ranked(scan, probes, 10, -1.0),
    }
    for name, shape in INPUTS.items():
        network = engine.load(store.require(name))
        kind = np.uint8 if name in BYTES else np.float32
        works[name] = partial(network, rng.integers(0, 255, shape).astype(kind))
    took = {name: both[1] for name, both in in_turns(works, ROUNDS).items()}
    peaks = Peaks.of(took)
    limits = {
        "one": (f"one probe, {options.rows:,} templates", 2 * DIM * options.rows / peaks.read),
        "many": (f"{BATCH} probes at once", 2 * DIM * options.rows * BATCH / peaks.multiply),
    }
    for name, shape in INPUTS.items():
        limit = operations(store.require(name), (shape,)) / peaks.multiply
        limits[name] = (f"{name}, {' x '.join(map(str, shape))}", limit)
    print(f"One core reads {ranged(peaks.read / 1e9)} GB/s and does ", end="")
    print(f"{ranged(peaks.multiply / 1e9)} GFLOP/s (float32).\n")
    print("| | CPU ms | limit ms | reached |\n|---|---:|---:|---:|")
    for work, (name, limit) in limits.items():
        cells = ranged(took[work] * 1e3), ranged(limit * 1e3), ranged(limit / took[work], ".0%")
        print(f"| {name} | {' | '.join(cells)} |")
    times = ranged(BATCH * took["one"] / took["many"])
    print(f"\n{BATCH} probes at once: {times} times the rate of one by one.")


if __name__ == "__main__":
    main()
