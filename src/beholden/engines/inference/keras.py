"""Keras models of convolutions, as HDF5 files keep them, as OpenVINO graphs.

Covers the layers that MobileNet-like classifiers are made of; any other is named and refused.
What each computes: keras.io/api/layers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from beholden.engines.inference._runtime import openvino

Output = Any
Weights = Mapping[str, NDArray[np.float32]]
Layer = Callable[[Mapping[str, Any], Weights, list[Output]], Output]

ops = openvino.opset13
NHWC_TO_NCHW, NCHW_TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]


def read_keras(source: Path) -> openvino.Model:
    """The functional model in `source`, float32, NHWC in and out as Keras has it. Raises
    RuntimeError if it is no such model, or has a layer that is not known here."""
    import h5py  # noqa: PLC0415 (starts a process when imported: only who installs models does)

    try:
        with h5py.File(source) as file:
            config = json.loads(file.attrs["model_config"])["config"]
            weights = {name: _weights(group) for name, group in file["model_weights"].items()}
        return _model(config, weights)
    except (OSError, KeyError, ValueError) as error:
        raise RuntimeError(f"not a Keras model that can be read: {error}") from error


def _weights(group: Any) -> Weights:
    """By their own names: `Conv1/kernel:0` of layer Conv1 is `kernel`."""
    kept = group.attrs["weight_names"]  # text, or bytes in files of older releases
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in kept]
    return {name.rpartition("/")[2].partition(":")[0]: group[name][()] for name in names}


def _model(config: Mapping[str, Any], weights: Mapping[str, Weights]) -> openvino.Model:
    made: dict[str, Output] = {}
    inputs = []
    for layer in config["layers"]:
        name, kind, terms = layer["name"], layer["class_name"], layer["config"]
        if kind == "InputLayer":
            shape = [-1 if size is None else size for size in terms["batch_input_shape"]]
            made[name] = ops.parameter(shape, np.float32, name)
            inputs.append(made[name])
            continue
        if kind not in LAYERS:
            raise ValueError(f"the layer {name} is a {kind}")
        before = [made[node[0]] for node in layer["inbound_nodes"][0]]
        told = LAYERS[kind](terms, weights.get(name, {}), before)
        made[name] = ACTIVATIONS[terms.get("activation", "linear")](told)
    outputs = [made[name] for name, *_ in config["output_layers"]]
    return openvino.Model(outputs, inputs, "keras")


def _padding(terms: Mapping[str, Any]) -> dict[str, Any]:
    """`same` puts what is left over at the end."""
    return {
        "strides": terms["strides"],
        "pads_begin": [0, 0],
        "pads_end": [0, 0],
        "auto_pad": {"same": "same_upper", "valid": "valid"}[terms["padding"]],
    }


def _convolved(
    convolve: Any, kernel: NDArray[np.float32], terms: Mapping[str, Any], value: Output
) -> Output:
    planes = ops.transpose(value, NHWC_TO_NCHW)
    found = convolve(planes, kernel, dilations=terms["dilation_rate"], **_padding(terms))
    return ops.transpose(found, NCHW_TO_NHWC)


def _conv(terms: Mapping[str, Any], weights: Weights, before: list[Output]) -> Output:
    kernel = weights["kernel"].transpose(3, 2, 0, 1)  # h, w, in, out
    found = _convolved(ops.convolution, kernel, terms, before[0])
    return ops.add(found, weights["bias"]) if "bias" in weights else found


def _depthwise(terms: Mapping[str, Any], weights: Weights, before: list[Output]) -> Output:
    kernel = weights["depthwise_kernel"].transpose(2, 3, 0, 1)[:, :, np.newaxis]  # h, w, in, 1
    found = _convolved(ops.group_convolution, kernel, terms, before[0])
    return ops.add(found, weights["bias"]) if "bias" in weights else found


def _normalised(terms: Mapping[str, Any], weights: Weights, before: list[Output]) -> Output:
    scale = weights["gamma"] / np.sqrt(weights["moving_variance"] + terms["epsilon"])
    shift = weights["beta"] - weights["moving_mean"] * scale
    return ops.add(ops.multiply(before[0], scale.astype(np.float32)), shift.astype(np.float32))


def _dense(_terms: Mapping[str, Any], weights: Weights, before: list[Output]) -> Output:
    found = ops.matmul(before[0], weights["kernel"], False, False)
    return ops.add(found, weights["bias"]) if "bias" in weights else found


def _padded(terms: Mapping[str, Any], _weights: Weights, before: list[Output]) -> Output:
    (top, bottom), (left, right) = terms["padding"]
    begin, end = [0, top, left, 0], [0, bottom, right, 0]
    return ops.pad(before[0], begin, end, "constant", np.float32(0))


def _averaged(terms: Mapping[str, Any], _weights: Weights, before: list[Output]) -> Output:
    planes = ops.transpose(before[0], NHWC_TO_NCHW)
    pooled = ops.avg_pool(
        planes, kernel_shape=terms["pool_size"], exclude_pad=True, **_padding(terms)
    )
    return ops.transpose(pooled, NCHW_TO_NHWC)


def _flat(_terms: Mapping[str, Any], _weights: Weights, before: list[Output]) -> Output:
    return ops.reshape(before[0], np.array([0, -1]), True)


def _clipped(terms: Mapping[str, Any], _weights: Weights, before: list[Output]) -> Output:
    highest = terms["max_value"]
    return ops.relu(before[0]) if highest is None else ops.clamp(before[0], 0.0, highest)


LAYERS: Mapping[str, Layer] = {
    "Add": lambda _terms, _weights, before: ops.add(*before),
    "AveragePooling2D": _averaged,
    "BatchNormalization": _normalised,
    "Conv2D": _conv,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Dropout": lambda _terms, _weights, before: before[0],
    "Flatten": _flat,
    "ReLU": _clipped,
    "ZeroPadding2D": _padded,
}
ACTIVATIONS: Mapping[str, Callable[[Output], Output]] = {
    "linear": lambda value: value,
    "relu": ops.relu,
    "softmax": lambda value: ops.softmax(value, -1),
}
