"""No import has side effects: nothing is fetched, nothing is written, nothing is started."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import beholden

pytestmark = pytest.mark.slow

IMPORT_ALL = """
import importlib, socket, subprocess, sys, threading, multiprocessing.process
def refuse(*args, **kwargs):
    raise SystemExit(f"side effect while importing: {args}")
# urllib3 binds a socket to ::1 to learn whether the machine has IPv6; nothing listens or leaves.
socket.socket.connect = socket.socket.listen = socket.getaddrinfo = refuse
subprocess.Popen.__init__ = multiprocessing.process.BaseProcess.start = refuse
for name in sys.argv[1:]:
    importlib.import_module(name)
assert threading.active_count() == 1, threading.enumerate()
"""


def test_importing_every_module_does_nothing_else(tmp_path):
    found = pkgutil.walk_packages(beholden.__path__, "beholden.")
    names = [module.name for module in found if not module.name.endswith("__main__")]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names],
        env={"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
