"""`beholden models` from the outside, with a small model of our own on the loopback interface."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import onnx
import pytest
from onnx import TensorProto, helper
from typer.testing import CliRunner

from beholden.cli.models import models_app

MANIFEST = """
[{name}]
task = "identity"
pack = "test"
source = {{ kind = "url", url = "{url}" }}
sha256 = "{sha256}"
size_bytes = {size}
licence = "CC0-1.0"
origin = "this test"
training_data = "none"
input = "x"
output = "y"
"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def manifest(tmp_path: Path):
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [x], [y])
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "tiny.onnx")
    content = (tmp_path / "tiny.onnx").read_bytes()
    handler = partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        text = MANIFEST.format(
            name="tiny",
            url=f"http://127.0.0.1:{server.server_port}/tiny.onnx",
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )
        (tmp_path / "mine.toml").write_text(text)
        yield tmp_path / "mine.toml"
        server.shutdown()


@pytest.fixture
def run(tmp_path: Path, manifest: Path):
    def invoke(*arguments: str):
        options = ["--models-dir", str(tmp_path / "models"), "--manifest", str(manifest)]
        return CliRunner().invoke(models_app, [*arguments, *options])

    return invoke


def test_install_list_verify(run):
    assert "tiny" in run("install", "tiny").stderr
    listed = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert listed["tiny"]["installed"] is True
    assert listed["sface"]["installed"] is False
    assert listed["sface"]["licence"] == "Apache-2.0"
    verified = run("verify", "tiny", "--json")
    assert verified.exit_code == 0
    assert json.loads(verified.stdout) == [{"name": "tiny", "state": "ok"}]


def test_second_install_says_nothing(run):
    run("install", "tiny")
    assert run("install", "tiny").output == ""


def test_verify_fails_if_one_is_missing(run):
    done = run("verify", "tiny")
    assert done.exit_code == 1
    assert "not installed" in done.stdout


def test_list_as_a_table(run):
    done = run("list")
    assert done.exit_code == 0
    assert "tiny" in done.stdout
    assert "10.7 MB" in done.stdout
