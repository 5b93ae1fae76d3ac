"""Installing from a URL: resumed, checked, atomic, once, and offline afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest

from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion, ModelSpec, UrlSource
from beholden.engines.inference.convert import RUNTIME, convert
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.install import Installer, Progress, Stage
from beholden.engines.models.store import ModelStore

Install = Callable[..., ModelStore]


@pytest.fixture
def events() -> list[Progress]:
    return []


@pytest.fixture
def install(models_dir: Path, events: list[Progress]) -> Install:
    def run(*specs: ModelSpec, runtime: str = RUNTIME) -> ModelStore:
        store = ModelStore(models_dir, {spec.name: spec for spec in specs})
        Installer(store, convert, runtime, events.append).install(store.manifest)
        return store

    return run


def test_what_is_installed_runs_and_equals_the_original(install, url_spec, onnx_bytes):
    store = install(url_spec)
    x = np.random.default_rng(1).standard_normal((1, 64)).astype(np.float32)
    (y,) = OpenVino(1).load(store.require("tiny"))(x)
    (expected,) = OpenVino(1).load(store.original(url_spec))(x)
    np.testing.assert_array_equal(y, expected)
    assert store.original(url_spec).read_bytes() == onnx_bytes
    assert store.verify("tiny", RUNTIME) is None


def test_second_install_fetches_nothing(install, url_spec, server, events):
    install(url_spec)
    server.ranges.clear()
    events.clear()
    install(url_spec)
    assert server.ranges == []
    assert [event.stage for event in events] == [Stage.UNCHANGED]


def test_complete_folder_is_not_written_to(install, url_spec, models_dir):
    install(url_spec)
    (models_dir / ".lock").unlink()
    before = models_dir.stat().st_mtime_ns
    install(url_spec)
    assert models_dir.stat().st_mtime_ns == before
    assert not (models_dir / ".lock").exists()


def test_progress_counts_up_to_the_whole_file(install, url_spec, events):
    install(url_spec)
    fetched = [event.done_bytes for event in events if event.stage is Stage.FETCHING]
    assert fetched == sorted(fetched)
    assert fetched[-1] == url_spec.size_bytes
    assert [event.stage for event in events][-2:] == [Stage.CONVERTING, Stage.INSTALLED]


def test_broken_connection_goes_on_where_it_stopped(install, url_spec, server):
    server.break_after, server.breaks = 20_000, 2
    install(url_spec)
    assert server.ranges == [None, "bytes=20000-", "bytes=40000-"]


def test_server_without_ranges_is_asked_again_from_the_start(install, url_spec, server, models_dir):
    server.honours_range = False
    part = models_dir / "sources" / "tiny.onnx.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(server.content[:10_000])
    store = install(url_spec)
    assert server.ranges == ["bytes=10000-"]
    assert store.verify("tiny", RUNTIME) is None


def test_connection_that_brings_nothing_is_an_error_and_what_came_is_kept(
    install, url_spec, server, models_dir
):
    whole, server.content = server.content, server.content[:1000]
    with pytest.raises(OperatorError, match="broke off: try again, it goes on where it stopped"):
        install(url_spec)
    server.content = whole
    server.ranges.clear()
    install(url_spec)
    assert server.ranges == ["bytes=1000-"]


def test_interrupted_install_goes_on_with_what_is_missing(install, spec_of, server, onnx_bytes):
    server.content = onnx_bytes
    first = spec_of(UrlSource(f"{server.url}/a.onnx"), "first")
    second = spec_of(UrlSource(f"{server.url}/missing"), "second")
    with pytest.raises(OperatorError):
        install(first, second)
    server.ranges.clear()
    store = install(first, spec_of(UrlSource(f"{server.url}/b.onnx"), "second"))
    assert len(server.ranges) == 1
    assert store.require("second").is_file()


def test_wrong_content_is_refused_and_deleted(install, url_spec, server, models_dir):
    server.content = bytes(len(server.content))
    with pytest.raises(OperatorError, match=r"tiny: .*SHA-256 .* do not use it"):
        install(url_spec)
    assert list((models_dir / "sources").iterdir()) == []
    assert not (models_dir / "tiny").exists()


def test_endless_content_is_cut_off(install, url_spec, server):
    server.content *= 4
    with pytest.raises(OperatorError, match="SHA-256"):
        install(url_spec)
    assert server.ranges == [None]


def test_not_found(install, spec_of, server, models_dir):
    with pytest.raises(OperatorError, match=r"/missing: HTTP 404 .* check the address"):
        install(spec_of(UrlSource(f"{server.url}/missing")))
    assert list((models_dir / "sources").iterdir()) == []


def test_no_network(install, spec_of):
    with pytest.raises(OperatorError, match=r"127\.0\.0\.1:9/tiny\.onnx: no connection"):
        install(spec_of(UrlSource("http://127.0.0.1:9/tiny.onnx")))


def test_full_disk(install, url_spec, models_dir):
    part = models_dir / "sources" / "tiny.onnx.part"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    with pytest.raises(OperatorError, match=r"tiny.*: the disk is full: free some space, or set"):
        install(url_spec)
    assert not part.is_symlink()


def test_folder_that_cannot_be_made(tmp_path, url_spec):
    (tmp_path / "file").touch()
    store = ModelStore(tmp_path / "file" / "models", {"tiny": url_spec})
    with pytest.raises(OperatorError, match=r"file/models.*Not a directory.*BEHOLDEN_MODELS_DIR"):
        Installer(store, convert, RUNTIME, print).install(["tiny"])


def test_file_that_is_no_model(install, spec_of, server, models_dir):
    server.content = b"no model"
    spec = spec_of(UrlSource(f"{server.url}/x.onnx"), content=server.content)
    with pytest.raises(OperatorError, match=r"tiny\.onnx: OpenVINO cannot read it"):
        install(spec)
    assert not (models_dir / "tiny").exists()


def test_altered_file_is_told_and_mended_without_the_network(install, url_spec, server):
    store = install(url_spec)
    server.ranges.clear()
    weights = store.folder("tiny") / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert store.verify("tiny", RUNTIME) == f"{weights} was altered"
    install(url_spec)
    assert store.verify("tiny", RUNTIME) is None
    assert server.ranges == []


def test_lost_original_is_fetched_again(install, url_spec, server):
    store = install(url_spec)
    store.original(url_spec).unlink()
    assert store.verify("tiny", RUNTIME) == f"{store.original(url_spec)} is missing"
    install(url_spec)
    assert len(server.ranges) == 2
    assert store.verify("tiny", RUNTIME) is None


def test_other_runtime_converts_again_without_the_network(install, url_spec, server):
    store = install(url_spec, runtime="openvino 1")
    assert store.require("tiny").is_file()
    assert store.verify("tiny", "openvino 2") == "converted by openvino 1, this is openvino 2"
    install(url_spec, runtime="openvino 2")
    assert store.verify("tiny", "openvino 2") is None
    assert len(server.ranges) == 1


def test_changed_conversion_counts_as_not_installed(install, url_spec, models_dir):
    install(url_spec)
    changed = {"tiny": replace(url_spec, conversion=Conversion(shape=(-1, 64)))}
    with pytest.raises(OperatorError, match="run: beholden models install"):
        ModelStore(models_dir, changed).require("tiny")


def test_leftovers_of_a_killed_install_are_swept(install, url_spec, models_dir):
    store = install(url_spec)
    store.folder("tiny").rename(models_dir / ".old-tiny")
    (models_dir / ".new-tiny").mkdir()
    (models_dir / ".wheels-abc").mkdir()
    install(url_spec)
    assert {path.name for path in models_dir.iterdir()} == {".lock", "sources", "tiny"}


def test_two_at_once_fetch_once(models_dir, url_spec, server):
    store = ModelStore(models_dir, {"tiny": url_spec})
    start = Barrier(2)

    def run() -> None:
        start.wait()
        Installer(store, convert, RUNTIME, lambda _: None).install(["tiny"])

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.ranges) == 1
    assert store.verify("tiny", RUNTIME) is None


def test_not_installed(models_dir, url_spec):
    store = ModelStore(models_dir, {"tiny": url_spec})
    with pytest.raises(OperatorError, match=r"tiny is not installed in .*: run: beholden models"):
        store.require("tiny")
    with pytest.raises(OperatorError, match="No model 'tin': there are tiny"):
        store.require("tin")
    assert store.verify("tiny", RUNTIME) == "not installed"


def test_unintelligible_receipt_counts_as_not_installed(install, url_spec):
    store = install(url_spec)
    (store.folder("tiny") / "receipt.json").write_text("{")
    assert not store.installed(url_spec)
    shutil.rmtree(store.folder("tiny"))
    assert not store.installed(url_spec)
