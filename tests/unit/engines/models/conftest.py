"""A server of files on the loopback interface, and models small enough to install in a test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from beholden.domain.model import ModelSpec, Source, UrlSource


@dataclass
class FileServer:
    """Serves `content` at every path but /missing; breaks off after `break_after` bytes of a
    response, `breaks` times; `ranges` keeps the Range header of each request."""

    url: str = ""
    content: bytes = b""
    honours_range: bool = True
    break_after: int = 0
    breaks: int = 0
    ranges: list[str | None] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers["Range"]
        self.ranges.append(wanted)
        if request.path == "/missing":
            request.send_error(404)
            return
        resumed = bool(wanted) and self.honours_range
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if resumed else 0
        body = self.content[start:]
        request.send_response(206 if resumed else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.breaks:
            self.breaks -= 1
            body = body[: self.break_after]
        request.wfile.write(body)


@pytest.fixture
def server() -> Iterator[FileServer]:
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        files.url = f"http://127.0.0.1:{httpd.server_port}"
        Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
        yield files
        httpd.shutdown()


@pytest.fixture(scope="session")
def onnx_bytes() -> bytes:
    """y = x @ w, x of shape (1, 64), w of 64 KiB: long enough to break off in the middle."""
    weights = np.random.default_rng(0).standard_normal((64, 256)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 256])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


SpecOf = Callable[..., ModelSpec]


@pytest.fixture
def spec_of(onnx_bytes: bytes) -> SpecOf:
    def build(source: Source, name: str = "tiny", content: bytes = onnx_bytes) -> ModelSpec:
        return ModelSpec(
            name=name,
            task="none",
            pack="test",
            source=source,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            licence="CC0-1.0",
            origin="this test",
            training_data="none",
            input="(1, 64) float32",
            output="(1, 256) float32",
        )

    return build


@pytest.fixture
def url_spec(server: FileServer, spec_of: SpecOf, onnx_bytes: bytes) -> ModelSpec:
    server.content = onnx_bytes
    return spec_of(UrlSource(f"{server.url}/tiny.onnx?download=true"))


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "models"
