"""Keras graphs: every layer against its definition, and what is refused."""

import json

import h5py
import numpy as np
import pytest

from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion
from beholden.engines.inference._runtime import openvino
from beholden.engines.inference.convert import convert
from beholden.engines.inference.keras import read_keras

RANDOM = np.random.default_rng(1)


def layer(kind, name, before, /, **terms):
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **terms},
        "inbound_nodes": [[[one, 0, 0, {}] for one in before]] if before else [],
    }


def written(path, layers, weights):
    """A file as Keras 2 writes one; the last layer is the output."""
    config = {"layers": layers, "output_layers": [[layers[-1]["name"], 0, 0]]}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": config})
        every = file.create_group("model_weights")
        for name, of in weights.items():
            group = every.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{one}:0".encode() for one in of]
            for one, values in of.items():
                group[f"{name}/{one}:0"] = values
    return path


def ran(path, value):
    return openvino.Core().compile_model(read_keras(path), "CPU")(value)[0]


INPUT = layer("InputLayer", "in", [], batch_input_shape=[None, 4, 4, 2])
ONES = {"strides": [1, 1], "dilation_rate": [1, 1], "padding": "valid"}
PIXELS = RANDOM.random((3, 4, 4, 2), np.float32)


def test_a_pointwise_convolution_is_a_product(tmp_path):
    kernel, bias = RANDOM.random((1, 1, 2, 5), np.float32), RANDOM.random(5, np.float32)
    layers = [INPUT, layer("Conv2D", "c", ["in"], **ONES, activation="relu")]
    found = ran(written(tmp_path / "m.h5", layers, {"c": {"kernel": kernel, "bias": bias}}), PIXELS)
    assert found == pytest.approx(np.maximum(PIXELS @ kernel[0, 0] + bias, 0), abs=1e-5)


def test_a_depthwise_convolution_keeps_channels_apart_and_same_keeps_the_size(tmp_path):
    kernel = np.zeros((3, 3, 2, 1), np.float32)
    kernel[1, 1, :, 0] = (2, 3)  # the middle: each channel times its own number
    layers = [INPUT, layer("DepthwiseConv2D", "d", ["in"], **ONES | {"padding": "same"})]
    found = ran(written(tmp_path / "m.h5", layers, {"d": {"depthwise_kernel": kernel}}), PIXELS)
    assert found == pytest.approx(PIXELS * (2, 3), abs=1e-5)


def test_normalisation_clipping_padding_pooling_adding_and_dense(tmp_path):
    of = {name: RANDOM.random(2, np.float32) for name in ("gamma", "beta", "moving_mean")}
    of["moving_variance"] = np.array([0.5, 2.0], np.float32)
    kernel = RANDOM.random((2, 3), np.float32)
    pool = {"pool_size": [6, 6], "strides": [6, 6], "padding": "valid"}
    layers = [
        INPUT,
        layer("BatchNormalization", "n", ["in"], epsilon=1e-3),
        layer("Add", "a", ["in", "n"]),
        layer("ReLU", "r", ["a"], max_value=0.7),
        layer("ZeroPadding2D", "z", ["r"], padding=[[1, 1], [0, 2]]),
        layer("AveragePooling2D", "p", ["z"], **pool),
        layer("Flatten", "f", ["p"]),
        layer("Dropout", "o", ["f"]),
        layer("Dense", "d", ["o"], activation="softmax"),
    ]
    path = written(tmp_path / "m.h5", layers, {"n": of, "d": {"kernel": kernel}})
    scaled = (PIXELS - of["moving_mean"]) / np.sqrt(of["moving_variance"] + 1e-3)
    clipped = np.clip(PIXELS + scaled * of["gamma"] + of["beta"], 0, 0.7)
    odds = np.exp((clipped.sum(axis=(1, 2)) / 36) @ kernel)
    assert ran(path, PIXELS) == pytest.approx(odds / odds.sum(axis=1, keepdims=True), abs=1e-5)


def test_a_layer_that_is_not_known_is_named(tmp_path):
    path = written(tmp_path / "m.h5", [INPUT, layer("LSTM", "memory", ["in"])], {})
    with pytest.raises(OperatorError, match="memory is a LSTM"):
        convert(path, tmp_path / "model.xml", Conversion())


def test_what_is_no_such_file_is_said(tmp_path):
    (tmp_path / "m.model").write_bytes(b"no HDF5")
    with pytest.raises(OperatorError, match="not a Keras model"):
        convert(tmp_path / "m.model", tmp_path / "model.xml", Conversion())
