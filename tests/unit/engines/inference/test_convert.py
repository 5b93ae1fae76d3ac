"""Folding block-quantised weights, against ONNX's own reference evaluator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion, Cut
from beholden.engines.inference._runtime import openvino
from beholden.engines.inference.convert import convert, fold_dequantize, fold_scaled_weights
from beholden.engines.inference.openvino import OpenVino

RNG = np.random.default_rng(0)


def graph(scale_shape: tuple[int, ...], zero: bool = True, **attributes: int) -> onnx.ModelProto:
    """y = x @ dequantised w, w of shape (10, 6)."""
    tensors = {
        "w_q": RNG.integers(-128, 128, (10, 6), np.int8),
        "w_scale": RNG.uniform(0.01, 0.1, scale_shape).astype(np.float32),
    }
    if zero:
        tensors["w_zero"] = RNG.integers(-5, 6, scale_shape, np.int8)
    nodes = [
        helper.make_node("DequantizeLinear", list(tensors), ["w"], **attributes),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    made = helper.make_graph(
        nodes,
        "quantised",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 10])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


CASES = {
    "blocks along the first axis": graph((5, 6), axis=0, block_size=2),
    "a last block that is not full": graph((4, 6), axis=0, block_size=3),
    "blocks along the last axis": graph((10, 2), axis=1, block_size=3),
    "one scale for each column": graph((6,), axis=1),
    "one scale for each row": graph((10,), axis=0),
    "one scale in all": graph(()),
    "no zero point": graph((5, 6), zero=False, axis=0, block_size=2),
}


@pytest.mark.parametrize("model", CASES.values(), ids=CASES.keys())
def test_folded_graph_computes_the_same_and_runs(model, tmp_path):
    x = RNG.standard_normal((1, 10)).astype(np.float32)
    (expected,) = ReferenceEvaluator(model).run(None, {"x": x})
    onnx.save(model, tmp_path / "model.onnx")

    folded = fold_dequantize(onnx.load(tmp_path / "model.onnx"))
    assert [node.op_type for node in folded.graph.node] == ["MatMul"]
    assert [tensor.name for tensor in folded.graph.initializer] == ["w"]

    convert(tmp_path / "model.onnx", tmp_path / "ir.xml", Conversion(fold_dequantize=True))
    (y,) = OpenVino(1).load(tmp_path / "ir.xml")(x)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)


def test_constants_that_another_node_reads_stay():
    model = graph((), zero=False)
    model.graph.node.append(helper.make_node("Identity", ["w_scale"], ["copy"]))
    assert {t.name for t in fold_dequantize(model).graph.initializer} == {"w", "w_scale"}


def test_quantised_activations_are_left_alone():
    model = graph(())
    model.graph.initializer.pop(0)
    assert fold_dequantize(model).graph.node[0].op_type == "DequantizeLinear"


def test_open_dimensions(tmp_path):
    onnx.save(graph(()), tmp_path / "model.onnx")
    convert(tmp_path / "model.onnx", tmp_path / "ir.xml", Conversion(True, (-1, 10)))
    (y,) = OpenVino(1).load(tmp_path / "ir.xml")(np.zeros((3, 10), np.float32))
    assert y.shape == (3, 6)


@pytest.mark.parametrize("fold", [True, False])
def test_file_that_is_no_graph(tmp_path, fold):
    (tmp_path / "model.onnx").write_bytes(b"\xffno graph")
    with pytest.raises(OperatorError, match=r"model\.onnx: OpenVINO cannot read it"):
        convert(tmp_path / "model.onnx", tmp_path / "ir.xml", Conversion(fold_dequantize=fold))


def test_target_that_cannot_be_written(tmp_path):
    onnx.save(graph(()), tmp_path / "model.onnx")
    (tmp_path / "ir.bin").symlink_to("/dev/full")
    (tmp_path / "ir.xml").symlink_to("/dev/full")
    with pytest.raises(
        OperatorError, match=r"ir\.xml: it cannot be written .* BEHOLDEN_MODELS_DIR"
    ):
        convert(tmp_path / "model.onnx", tmp_path / "ir.xml", Conversion(fold_dequantize=True))


def test_weights_that_are_scaled_at_run_time_become_plain_ones():
    whole = helper.make_model(
        graph((), zero=False).graph,
        opset_imports=[helper.make_opsetid("", 19)],
        ir_version=9,
    )
    read = openvino.Core().read_model(whole.SerializeToString())
    x = RNG.uniform(-1, 1, (1, 10)).astype(np.float32)
    (expected,) = ReferenceEvaluator(whole).run(None, {"x": x})
    assert "Multiply" in {node.get_type_name() for node in read.get_ops()}
    fold_scaled_weights(read)
    read.validate_nodes_and_infer_types()
    kinds = {node.get_type_name() for node in read.get_ops()}
    assert not kinds & {"Multiply", "Convert"}
    request = openvino.Core().compile_model(read, "CPU").create_infer_request()
    request.infer([x])
    np.testing.assert_allclose(request.get_output_tensor(0).data, expected, rtol=1e-4)


def chain(tmp_path: Path) -> Path:
    """x -> doubled -> squared -> y, each (1, 4)."""
    nodes = [
        helper.make_node("Add", ["x", "x"], ["doubled"]),
        helper.make_node("Mul", ["doubled", "doubled"], ["squared"]),
        helper.make_node("Neg", ["squared"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy"]
    model = helper.make_model(helper.make_graph(nodes, "chain", ends[:1], ends[1:]), ir_version=10)
    onnx.save(model, tmp_path / "chain.onnx")
    return tmp_path / "chain.onnx"


def test_a_part_of_a_graph_is_taken(tmp_path: Path) -> None:
    taken = Conversion(cut=Cut("doubled", ("squared", "y")))
    convert(chain(tmp_path), tmp_path / "model.xml", taken)
    values = np.array([[1, 2, 3, 4]], np.float32)
    squared, y = OpenVino(streams=1).load(tmp_path / "model.xml")(values)
    assert (squared == values**2).all()
    assert (y == -squared).all()


def test_a_part_that_is_not_there_is_refused(tmp_path: Path) -> None:
    source, wanted = chain(tmp_path), Conversion(cut=Cut("doubled", ("nowhere",)))
    with pytest.raises(OperatorError, match="no tensor nowhere"):
        convert(source, tmp_path / "model.xml", wanted)
