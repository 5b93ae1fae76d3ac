"""From a model's original file to OpenVINO's own format, once, at install."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper

from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion, Cut
from beholden.engines.inference._runtime import openvino
from beholden.engines.inference.keras import read_keras

KERAS = frozenset({".h5", ".model"})
RUNTIME = f"openvino {openvino.__version__}"


def convert(source: Path, target: Path, conversion: Conversion) -> None:
    """Write the graph at `source` (ONNX, TFLite, TensorFlow, Keras) as `target` (.xml, with a .bin
    beside it), float32. Raises OperatorError if it cannot be read or written."""
    try:
        model = _read(source, conversion)
    except (RuntimeError, DecodeError) as error:
        raise OperatorError(f"{source}: OpenVINO cannot read it: {error}") from error
    try:
        openvino.save_model(model, target, compress_to_fp16=False)
    except RuntimeError as error:
        raise OperatorError(
            f"{target}: it cannot be written ({error}): the disk may be full: free some space, or "
            "set BEHOLDEN_MODELS_DIR to another folder."
        ) from error


def _read(source: Path, conversion: Conversion) -> openvino.Model:
    core = openvino.Core()
    if conversion.fold_dequantize and source.suffix == ".onnx":
        model = core.read_model(fold_dequantize(onnx.load(source)).SerializeToString())
    elif source.suffix in KERAS:
        model = read_keras(source)
    else:
        model = core.read_model(source)
    if conversion.fold_dequantize:
        fold_scaled_weights(model)
    if conversion.cut:
        model = part(model, conversion.cut)
    if conversion.shape:
        model.reshape(list(conversion.shape))
    return model


def part(model: openvino.Model, cut: Cut) -> openvino.Model:
    """What lies between tensors of a graph. Raises RuntimeError if it has none of such a name."""
    ends = (end for node in model.get_ops() for end in node.outputs())
    tensors = {name: end for end in ends for name in end.names}
    if missing := {cut.input, *cut.outputs} - tensors.keys():
        raise RuntimeError(f"there is no tensor {', '.join(sorted(missing))}")
    before = tensors[cut.input]
    given = openvino.op.Parameter(before.element_type, before.partial_shape)
    before.replace(given.output(0))
    return openvino.Model([tensors[name] for name in cut.outputs], [given])


def fold_scaled_weights(model: openvino.Model) -> None:
    """Replace every constant that is scaled at run time by the float32 weights it stands for.

    OpenVINO 2026.4 races with itself when it compiles such a graph for two streams: now and then
    all outputs are wrong. tests/accuracy/test_streams.py compiles every model time and again.
    """
    for node in model.get_ordered_ops():
        factors = [_constant(value.get_node()) for value in node.input_values()]
        known = [factor for factor in factors if factor is not None]
        if node.get_type_name() == "Multiply" and len(known) == len(factors):
            weights = (known[0] * known[1]).astype(np.float32)
            folded = openvino.op.Constant(np.ascontiguousarray(weights))
            folded.set_friendly_name(node.get_friendly_name())
            node.output(0).replace(folded.output(0))


def _constant(node: openvino.Node) -> NDArray[Any] | None:
    """The float32 value of a constant, or of one converted to float; else None."""
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return node.data.astype(np.float32) if node.get_type_name() == "Constant" else None


def fold_dequantize(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace every DequantizeLinear of constants by the float32 weights that it stands for.

    OpenVINO does not read the blocked form of ONNX opset 21.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    folded = [
        node
        for node in graph.node
        if node.op_type == "DequantizeLinear" and all(name in constants for name in node.input)
    ]
    for node in folded:
        weights = _dequantize(node, [numpy_helper.to_array(constants[name]) for name in node.input])
        graph.initializer.append(numpy_helper.from_array(weights, node.output[0]))
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    _drop(graph, {name for node in folded for name in node.input} - used)
    return model


def _dequantize(node: onnx.NodeProto, inputs: list[NDArray[Any]]) -> NDArray[np.float32]:
    """(x - zero_point) * scale, one scale for each block along the axis (ONNX, opset 21)."""
    attributes = {a.name: a.i for a in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    quantised, scale, *zero = inputs
    if scale.ndim == 1 and quantised.ndim > 1:
        scale, *zero = (_along(axis, quantised.ndim, x) for x in (scale, *zero))
    if block:
        size = quantised.shape[axis]
        scale, *zero = (x.repeat(block, axis).take(range(size), axis) for x in (scale, *zero))
    shifted = quantised.astype(np.float32) - (zero[0].astype(np.float32) if zero else 0)
    return np.asarray(shifted * scale, np.float32)


def _along(axis: int, ndim: int, values: NDArray[Any]) -> NDArray[Any]:
    return values.reshape([-1 if i == axis % ndim else 1 for i in range(ndim)])


def _drop(graph: onnx.GraphProto, names: set[str]) -> None:
    for tensors in (graph.initializer, graph.input):
        for tensor in [t for t in tensors if t.name in names]:
            tensors.remove(tensor)
