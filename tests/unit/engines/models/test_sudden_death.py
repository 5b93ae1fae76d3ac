"""An installer whose process ends at once, wherever it is: nothing half done is ever used."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from beholden.engines.inference.convert import RUNTIME, convert
from beholden.engines.models.install import Installer
from beholden.engines.models.store import ModelStore

pytestmark = pytest.mark.slow

DIE = """
import os, pickle, sys
from pathlib import Path
from beholden.engines.inference.convert import RUNTIME, convert
from beholden.engines.models.install import Installer
from beholden.engines.models.store import ModelStore

moment, models_dir, spec = pickle.load(sys.stdin.buffer)

def report(event):
    if moment == "fetching" and event.done_bytes > 0 or moment == event.stage == "converting":
        os._exit(9)

def convert_and_die(source, target, conversion):
    convert(source, target, conversion)
    if moment == "converted":
        os._exit(9)

store = ModelStore(models_dir, {spec.name: spec})
Installer(store, convert_and_die, RUNTIME, report).install([spec.name])
"""


@pytest.mark.parametrize(
    ("moment", "requests_after"),
    [("fetching", ["bytes=20000-"]), ("converting", []), ("converted", [])],
)
def test_next_install_completes_it(moment, requests_after, models_dir, url_spec, server):
    server.break_after, server.breaks = 20_000, 1
    done = subprocess.run(
        [sys.executable, "-c", DIE],
        input=pickle.dumps((moment, models_dir, url_spec)),
        env={"PYTHONPATH": ":".join(sys.path)},
        check=False,
    )
    assert done.returncode == 9
    store = ModelStore(models_dir, {"tiny": url_spec})
    assert store.verify("tiny", RUNTIME) == "not installed"

    server.ranges.clear()
    Installer(store, convert, RUNTIME, lambda _: None).install(["tiny"])
    assert store.verify("tiny", RUNTIME) is None
    assert server.ranges == requests_after
    assert {path.name for path in models_dir.iterdir()} == {".lock", "sources", "tiny"}
