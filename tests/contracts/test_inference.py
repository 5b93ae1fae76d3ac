"""What ports.inference promises, asked of the real engine and of the fake."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion
from beholden.engines.inference.convert import convert
from beholden.engines.inference.openvino import OpenVino
from beholden.ports.inference import Inference, Network
from beholden.testing.inference import FakeInference


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """(a, b) of shape (n, 4) to (a + b, a * b)."""
    folder = tmp_path_factory.mktemp("model")
    tensors = {n: helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 4]) for n in "abst"}
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["s"]), helper.make_node("Mul", ["a", "b"], ["t"])],
        "sum and product",
        [tensors["a"], tensors["b"]],
        [tensors["s"], tensors["t"]],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    made.metadata_props.add(key="alphabet", value="a\nb\n\u00e9")
    onnx.save(made, folder / "model.onnx")
    convert(folder / "model.onnx", folder / "model.xml", Conversion())
    return folder / "model.xml"


@pytest.fixture(params=["openvino", "openvino, one stream", "openvino, bf16", "fake"])
def inference(request: pytest.FixtureRequest, model: Path) -> Inference:
    if request.param == "fake":
        return FakeInference({model: lambda a, b: (a + b, a * b)}, {(model, "alphabet"): "a\nb\né"})
    return OpenVino(
        streams=1 if "one" in request.param else 0,
        precision="bf16" if "bf16" in request.param else "f32",
    )


@pytest.fixture
def network(inference: Inference, model: Path) -> Network:
    return inference.load(model)


def rows(n: int, value: float) -> np.ndarray:
    return np.full((n, 4), value, np.float32)


def test_outputs_in_the_order_of_the_graph(network):
    total, product = network(rows(1, 3), rows(1, 4))
    np.testing.assert_array_equal(total, rows(1, 7))
    np.testing.assert_array_equal(product, rows(1, 12))
    assert product.dtype == np.float32


def test_open_dimension_may_change_from_call_to_call(network):
    assert [network(rows(n, 1), rows(n, 1))[0].shape for n in (1, 5, 2)] == [(1, 4), (5, 4), (2, 4)]


def test_outputs_are_the_callers_to_keep(network):
    total, _ = network(rows(2, 1), rows(2, 1))
    network(rows(2, 5), rows(2, 5))
    np.testing.assert_array_equal(total, rows(2, 2))
    total[:] = 0
    np.testing.assert_array_equal(network(rows(2, 1), rows(2, 1))[0], rows(2, 2))


def test_inputs_are_left_as_they_are(network):
    a, b = rows(2, 3), rows(2, 4)
    network(a, b)
    np.testing.assert_array_equal(a, rows(2, 3))
    np.testing.assert_array_equal(b, rows(2, 4))


def test_many_threads_at_once(network):
    def call(i: int) -> bool:
        total, product = network(rows(1 + i % 3, i), rows(1 + i % 3, 2))
        return bool((total == i + 2).all() and (product == 2 * i).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(400)))


def test_error_leaves_the_network_usable(network):
    with pytest.raises((RuntimeError, ValueError)):
        network(rows(2, 1), rows(3, 1))
    np.testing.assert_array_equal(network(rows(1, 3), rows(1, 4))[0], rows(1, 7))


def test_every_input_has_to_be_given(network):
    network(rows(1, 3), rows(1, 4))
    with pytest.raises((TypeError, ValueError)):
        network(rows(1, 3))


def test_missing_model(inference, model):
    path = model.with_name("missing.xml")
    with pytest.raises(OperatorError, match=str(path)):
        inference.load(path)


def test_what_the_publisher_wrote_into_a_model(inference, model):
    assert inference.metadata(model, "alphabet").split("\n") == ["a", "b", "é"]
    with pytest.raises(OperatorError):
        inference.metadata(model, "licence")
