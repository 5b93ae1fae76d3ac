"""SFace in eight bits, as OpenVINO computes it where it finds FakeQuantize nodes.

Weights: symmetric, one scale for each output channel. A CPU without VNNI adds two products of
8 bits in 16 bits and saturates (vpmaddubsw), so the scale also keeps the sum of each two
neighbouring weights of one sign within 128; depthwise convolutions do not add that way.
Activations: one range for each tensor, zero exactly on a step. The range is either measured (mean
over crops of the least and greatest value) or told by the batch normalisation before it, beta +-
k gamma of the widest channel (Nagel et al.: Data-free quantization, ICCV 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import openvino.opset13 as ops

from beholden.domain.arrays import Float32, UInt8
from beholden.engines.inference._runtime import openvino as ov

KINDS = ("Convolution", "GroupConvolution")
LEVELS, SPREADS = 255, 7.0
INPUT = (-1.0, 1.0)
CONFIG = {
    "NUM_STREAMS": 1,
    "INFERENCE_NUM_THREADS": 1,
    "INFERENCE_PRECISION_HINT": "f32",
}

Ranges = Mapping[str, tuple[float, float]]


def convolutions(model: ov.Model) -> list[ov.Node]:
    return [node for node in model.get_ordered_ops() if node.get_type_name() in KINDS]


def constant(output: ov.Output) -> Float32:
    """The value of what does not depend on the input."""
    compiled = ov.Core().compile_model(ov.Model([output], []), "CPU", CONFIG)
    return np.array(compiled([])[0], np.float32)


def read(path: Path) -> ov.Model:
    model = ov.Core().read_model(path)
    model.reshape([1, 3, 112, 112])
    return model


def network(model: ov.Model) -> Callable[[UInt8], Float32]:
    """A crop (112, 112, 3) to its raw embedding (d,)."""
    request = ov.Core().compile_model(model, "CPU", CONFIG).create_infer_request()

    def run(crop: UInt8) -> Float32:
        request.infer([np.ascontiguousarray(crop.transpose(2, 0, 1)[np.newaxis], np.float32)])
        return np.array(request.get_output_tensor(0).data[0])

    return run


def ranges_of(path: Path, crops: UInt8) -> Ranges:
    """Mean over `crops` of the least and greatest input of each convolution."""
    model = read(path)
    nodes = convolutions(model)
    seen = ov.Model([ops.result(node.input_value(0)) for node in nodes], model.get_parameters())
    request = ov.Core().compile_model(seen, "CPU", CONFIG).create_infer_request()
    ends = np.zeros((len(nodes), 2))
    for crop in crops:
        request.infer([np.ascontiguousarray(crop.transpose(2, 0, 1)[np.newaxis], np.float32)])
        values = [request.get_output_tensor(i).data for i in range(len(nodes))]
        ends += [(value.min(), value.max()) for value in values]
    means = (ends / len(crops)).tolist()
    return {
        node.get_friendly_name(): (low, high)
        for node, (low, high) in zip(nodes, means, strict=True)
    }


def ranges_told(path: Path) -> Ranges:
    """The range of each convolution's input by the batch normalisation and the PReLU before it."""
    ranges = {}
    for node in convolutions(read(path)):
        before = node.input_value(0).get_node()
        ranges[node.get_friendly_name()] = (
            _told(before) if before.get_type_name() == "PRelu" else INPUT
        )
    return ranges


def _told(relu: ov.Node) -> tuple[float, float]:
    norm = relu.input_value(0).get_node()
    gamma, beta = (constant(norm.input_value(i)).ravel() for i in (1, 2))
    slope, reach = constant(relu.input_value(1)).ravel(), SPREADS * np.abs(gamma)
    return float((np.minimum(beta - reach, 0) * slope).min()), float((beta + reach).max())


def late(ranges: Ranges) -> Ranges:
    """Those of the eighth to the fourteenth layer, which hold three fifths of the work."""
    return {name: ends for name, ends in ranges.items() if int(name.split("_")[1]) >= 8}


def variants(path: Path, measured: Ranges) -> dict[str, Ranges]:
    told = ranges_told(path)
    return {
        "all convolutions, ranges measured": measured,
        "all convolutions, ranges told by the network": told,
        "layers 8 to 14, ranges measured": late(measured),
        "layers 8 to 14, ranges told by the network": late(told),
    }


def quantised(path: Path, ranges: Ranges) -> ov.Model:
    """The graph at `path`, the convolutions named in `ranges` in eight bits."""
    model = read(path)
    for node in convolutions(model):
        if ends := ranges.get(node.get_friendly_name()):
            low, high = _with_zero(*ends)
            _fake(node, 0, node.input_value(0), np.float32(low), np.float32(high), LEVELS + 1)
            weights = constant(node.input_value(1))
            bound = _bounds(weights, node.get_type_name() == "GroupConvolution")
            _fake(node, 1, ops.constant(weights).output(0), -bound, bound, LEVELS)
    model.validate_nodes_and_infer_types()
    return model


def _fake(
    node: ov.Node, port: int, value: ov.Output, low: object, high: object, levels: int
) -> None:
    made = ops.fake_quantize(value, low, high, low, high, levels)
    node.input(port).replace_source_output(made.output(0))


def _with_zero(low: float, high: float) -> tuple[float, float]:
    step = (high - min(low, 0)) / LEVELS
    zero = round(-min(low, 0) / step)
    return -zero * step, (LEVELS - zero) * step


def _bounds(weights: Float32, depthwise: bool) -> Float32:
    """The greatest weight that each output channel's scale must reach, shape (o, 1, ...)."""
    rows = weights.reshape(len(weights), weights.shape[1], -1)
    bounds = np.abs(rows).max(axis=(1, 2))
    if not depthwise:
        even = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2), (0, 0)))
        signed = (np.maximum(even, 0), np.maximum(-even, 0))
        sums = [(part[:, ::2] + part[:, 1::2]).max(axis=(1, 2)) for part in signed]
        bounds = np.maximum(bounds, np.maximum(*sums) * 127 / 127.5)
    shape = (-1, *[1] * (weights.ndim - 1))
    return np.asarray(bounds.reshape(shape), np.float32)
