"""How near to the hardware: search and embedding beside what the core can read and multiply.

    python -m benchmarks.limits [--rows 1000000]

Read bandwidth: a sum of float32 products over memory far larger than the caches (BLAS sdot).
Multiplication: a large product of float32 matrices (BLAS sgemm). Both the best of several rounds on
one core, like the figures beside them; all take turns, so that a busy machine is busy for all.
The limit of a search is its bytes over that bandwidth; of a batch of probes, and of a network, its
multiplications and additions over that rate.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

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

DIM, FEED_BATCH, BATCH, ROUNDS = 128, 8192, 100, 7
STREAM_FLOATS, SIDE = 64 * 2**20, 1536


def gallery(rows: int) -> Fp16Scan:
    rng, blocks, none = np.random.default_rng(0), Blocks(), np.empty(0, np.int64)
    for start in range(0, rows, FEED_BATCH):
        part = rng.standard_normal((min(FEED_BATCH, rows - start), DIM), np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        nos = np.arange(start + 1, start + 1 + len(part))
        blocks = apply(blocks, Changes(nos, part.astype(np.float16), none, start, False))
    return Fp16Scan(blocks, threads=1)


def operations(graph: ov.Model) -> int:
    """Multiplications and additions of the convolutions and products of one image."""
    total = 0
    for node in graph.get_ops():
        kind = node.get_type_name()
        if kind not in ("Convolution", "GroupConvolution", "MatMul"):
            continue
        weights, made = (shape.get_max_shape() for shape in _shapes(node))
        terms = int(np.prod(weights[2 if kind == "GroupConvolution" else 1 :]))
        if kind == "MatMul":
            terms = int(np.prod(node.input(0).get_partial_shape().get_max_shape()[1:]))
        total += 2 * terms * int(np.prod(made[1:]))
    return total


def _shapes(node: ov.Node) -> tuple[ov.PartialShape, ov.PartialShape]:
    return node.input(1).get_partial_shape(), node.output(0).get_partial_shape()


def best_s(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Processor seconds, the best of ROUNDS, in turns."""
    best = dict.fromkeys(works, np.inf)
    for _ in range(ROUNDS):
        for name, work in works.items():
            begun = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - begun)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    scan, rng = gallery(options.rows), np.random.default_rng(1)
    probes = rng.standard_normal((BATCH, DIM), np.float32)
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    stream, square = np.ones(STREAM_FLOATS, np.float32), np.ones((SIDE, SIDE), np.float32)
    store, spec = ModelStore(Settings().models_dir, read_manifest()), "sface"
    network = OpenVino(streams=1, precision="f32").load(store.require(spec))
    crop = rng.integers(0, 255, (1, 3, 112, 112)).astype(np.float32)
    works: dict[str, Callable[[], object]] = {
        "read": lambda: stream @ stream,
        "multiply": lambda: square @ square,
        "one": lambda: ranked(scan, probes[:1], 10, -1.0),
        "many": lambda: ranked(scan, probes, 10, -1.0),
        "embed": lambda: network(crop),
    }
    took = best_s(works)
    read, rate = stream.nbytes / took["read"], 2 * SIDE**3 / took["multiply"]
    print(f"One core reads {read / 1e9:.1f} GB/s and does {rate / 1e9:.0f} GFLOP/s (float32).\n")
    graph = ov.Core().read_model(store.require(spec))
    graph.reshape([1, *graph.input(0).get_partial_shape().get_max_shape()[1:]])
    limits = {
        f"one probe, {options.rows:,} templates": ("one", 2 * DIM * options.rows / read),
        f"{BATCH} probes at once": ("many", 2 * DIM * options.rows * BATCH / rate),
        "SFace, one face": ("embed", operations(graph) / rate),
    }
    print("| | CPU ms | limit ms | reached |\n|---|---:|---:|---:|")
    for name, (work, limit) in limits.items():
        print(f"| {name} | {took[work] * 1e3:.2f} | {limit * 1e3:.2f} | {limit / took[work]:.0%} |")
    times = BATCH * took["one"] / took["many"]
    print(f"\n{BATCH} probes at once: {times:.1f} times the rate of one by one.")


if __name__ == "__main__":
    main()
