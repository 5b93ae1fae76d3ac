"""What only a process of its own can show: nothing is reported home."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

WATCH = """
import socket, subprocess, multiprocessing.process
def refuse(*args, **kwargs):
    raise SystemExit(f"reached for the network or another process: {args}")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
subprocess.Popen.__init__ = multiprocessing.process.BaseProcess.start = refuse
"""


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", WATCH + code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_openvino_by_itself_would_report(tmp_path):
    """If this fails, OpenVINO stopped doing so and _runtime.py can go."""
    if not any(d.name == "openvino-telemetry" for d in importlib.metadata.distributions()):
        pytest.skip("openvino-telemetry is not installed")
    run("import openvino", tmp_path)
    assert (tmp_path / "intel").exists()


def test_through_the_engine_nothing_is_reported(tmp_path):
    done = run(
        "from beholden.engines.inference import openvino, convert\nopenvino.OpenVino()", tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
