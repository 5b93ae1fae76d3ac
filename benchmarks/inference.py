"""Inference: what a start costs, what a call costs besides the network, how calls run side by side.

    python -m benchmarks.inference [MODELS_DIR]

The variants of one question take turns, round by round, so that a busy machine is busy for all.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import onnx
from onnx import TensorProto, helper

from beholden.config import Settings
from beholden.domain.model import Conversion
from beholden.engines.inference._runtime import openvino
from beholden.engines.inference.convert import convert
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from benchmarks import limits
from benchmarks.clocks import once, ranged

INPUTS = {
    "yunet": (1, 3, 320, 320),
    "sface": (1, 3, 112, 112),
    "face_mesh": (1, 192, 192, 3),
    "iris": (1, 64, 64, 3),
    "age": (1, 3, 64, 64),
    "gender": (1, 3, 32, 32),
    "emotion": (1, 64, 64, 1),
}
BATCHED = ("yunet", "sface", "objects", "text_recogniser", "text_detector")
NAIVE = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}

Variants = Mapping[str, Callable[[], object]]


def take_turns(variants: Variants, rounds: int) -> None:
    """Print what each variant takes, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            start = perf_counter()
            run()
            times[name].append((perf_counter() - start) * 1e3)
    for name, values in times.items():
        print(f"  {name:<44}{ranged(values, '.3f'):>28} ms, least {once(min(values), '.3f')}")


def loading(store: ModelStore) -> None:
    print("Load and first call of each model:")
    inference, total = OpenVino(), 0.0
    for name, shape in INPUTS.items():
        start = perf_counter()
        network = inference.load(store.require(name))
        loaded = perf_counter()
        network(np.zeros(shape, np.float32))
        total += perf_counter() - start
        first_ms = (perf_counter() - loaded) * 1e3
        load_ms = (loaded - start) * 1e3
        print(f"  {name:<12} load {once(load_ms):>6} ms, first call {once(first_ms):>5} ms")
    print(f"  all          {once(total * 1e3):>11} ms")


def batches(store: ModelStore) -> None:
    """Whether requests of several clients would gain by going through a network together."""
    print("Four at once instead of one by one, on one core:")
    core = openvino.Core()
    for name in BATCHED:
        _, *shape = limits.INPUTS[name]
        alone, together = (Batch(core, store.require(name), (n, *shape)) for n in (1, 4))
        times: dict[Batch, list[float]] = {alone: [], together: []}
        for _ in range(10):
            for batch, taken in times.items():
                taken.append(batch.cpu_ms_each())
        one, four = times.values()
        each = f"{ranged(one)} ms cpu, {ranged(four)} ms each of four"
        print(f"  {name:<16} {each}: {ranged(np.divide(one, four), '.2f')} times")


class Batch:
    """A network compiled for so many inputs at once."""

    def __init__(self, core: openvino.Core, path: Path, shape: tuple[int, ...]) -> None:
        model = core.read_model(path)
        model.reshape({model.inputs[0]: shape})
        self._input = np.zeros(shape, model.inputs[0].element_type.to_dtype())
        self._compiled = core.compile_model(model, "CPU", NAIVE)

    def cpu_ms_each(self) -> float:
        start = process_time()
        self._compiled(self._input)
        return (process_time() - start) / len(self._input) * 1e3


def overhead(folder: Path) -> None:
    """A graph that does next to nothing: what remains is the way there and back."""
    print("One call of a graph that only adds two numbers:")
    tensors = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, 8, 8]) for n in "xy"]
    node = helper.make_node("Add", ["x", "x"], ["y"])
    graph = helper.make_graph([node], "g", tensors[:1], tensors[1:])
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / "g.onnx")
    convert(folder / "g.onnx", folder / "g.xml", Conversion())
    x = np.zeros((1, 3, 8, 8), np.float32)
    network = OpenVino().load(folder / "g.xml")
    request = openvino.Core().compile_model(folder / "g.xml", "CPU", NAIVE).create_infer_request()
    take_turns(
        {"Beholden": lambda: network(x), "naive request.infer": lambda: request.infer(x)}, 3000
    )


def single_caller(store: ModelStore) -> None:
    print("One caller, one image:")
    inference = OpenVino()
    for name, shape in INPUTS.items():
        x = np.random.default_rng(0).random(shape, np.float32)
        path = store.require(name)
        network = inference.load(path)
        naive = openvino.Core().compile_model(path, "CPU", NAIVE).create_infer_request()
        variants: Variants = {
            f"{name}, Beholden": lambda n=network, x=x: n(x),
            f"{name}, naive, one thread": lambda r=naive, x=x: r.infer(x),
        }
        take_turns(variants, 40)


def half_precision_weights(store: ModelStore, folder: Path) -> None:
    print("SFace with weights kept in half precision:")
    path, half = store.require("sface"), folder / "half.xml"
    openvino.save_model(openvino.Core().read_model(path), half, compress_to_fp16=True)
    x = np.random.default_rng(0).random((64, 3, 112, 112), np.float32) * 255
    networks = {name: OpenVino(1).load(file) for name, file in {"f32": path, "f16": half}.items()}
    scores = [cosines(network(x)[0]) for network in networks.values()]
    print(f"  largest difference of a score {np.abs(scores[0] - scores[1]).max():.1e}")
    take_turns({name: lambda n=n: n(x[:1]) for name, n in networks.items()}, 30)


def cosines(embeddings: np.ndarray) -> np.ndarray:
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    return unit @ unit.T


def side_by_side(store: ModelStore) -> None:
    print("Eight SFace embeddings by one, two and four callers:")
    x = np.random.default_rng(0).random(INPUTS["sface"], np.float32)
    variants: dict[str, Callable[[], object]] = {}
    for streams in (1, 2, 4):
        network = OpenVino(streams).load(store.require("sface"))
        for callers in (1, 2, 4):
            pool = ThreadPoolExecutor(callers)
            variants[f"{streams} streams, {callers} callers"] = lambda p=pool, n=network: list(
                p.map(n, [x] * 8)
            )
    take_turns(variants, 8)


def main() -> None:
    models_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else Settings().models_dir
    store = ModelStore(models_dir, read_manifest())
    loading(store)
    batches(store)
    with tempfile.TemporaryDirectory() as folder:
        overhead(Path(folder))
        half_precision_weights(store, Path(folder))
    single_caller(store)
    side_by_side(store)


if __name__ == "__main__":
    main()
