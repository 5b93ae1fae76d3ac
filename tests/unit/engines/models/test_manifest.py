"""The manifest that ships, and manifests of an operator's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion, UrlSource
from beholden.engines.models.manifest import read_manifest

MINE = """
[mine]
task = "embedding"
pack = "mine"
source = { kind = "url", url = "https://models.example/mine.onnx?download=true" }
sha256 = "00"
size_bytes = 1
licence = "MIT"
origin = "mine"
training_data = "mine"
input = "x"
output = "y"
conversion = { shape = [-1, 3, 112, 112] }
"""


def test_every_model_says_all_it_has_to():
    manifest = read_manifest()
    assert manifest
    for name, spec in manifest.items():
        assert spec.name == name
        assert re.fullmatch("[0-9a-f]{64}", spec.sha256)
        assert spec.size_bytes > 0
        assert all((spec.task, spec.licence, spec.origin, spec.training_data, spec.input))


def test_only_the_embedder_has_a_face_model_version():
    versions = {n: s.face_model_version for n, s in read_manifest().items() if s.face_model_version}
    assert list(versions) == ["sface"]
    assert re.fullmatch(r"[0-9.]+", versions["sface"]), "the pattern that AWS documents"


def test_operators_own_manifest(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)
    mine = read_manifest(tmp_path / "mine.toml")["mine"]
    assert mine.source == UrlSource("https://models.example/mine.onnx?download=true")
    assert mine.source.file_name == "mine.onnx"
    assert mine.conversion == Conversion(shape=(-1, 3, 112, 112))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[mine]", "[sface]"), "there is a model 'sface' already"),
        (("[mine]", '["../mine"]'), "not a name"),
        (('licence = "MIT"', ""), r"table \[mine\] is not a model: .*licence"),
        (('licence = "MIT"', 'license = "MIT"'), r"table \[mine\] is not a model: .*license"),
        (('kind = "url"', 'kind = "ftp"'), r"table \[mine\] is not a model: 'ftp'"),
        (("https:", "file:"), "not an http or https address"),
        (("[mine]", "[mine"), "not a readable manifest"),
        (("[mine]", "mine = 1\n[other]"), r"table \[mine\] is not a model"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said(tmp_path, change, message):
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace(*change))
    with pytest.raises(OperatorError, match=rf"{re.escape(str(path))}: .*{message}"):
        read_manifest(path)


def test_missing_manifest(tmp_path):
    with pytest.raises(OperatorError, match="not a readable manifest"):
        read_manifest(tmp_path / "none.toml")


def test_documentation_names_every_model_with_its_licence():
    page = Path(__file__).parents[4] / "docs" / "models.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    documented = {
        name.strip(" `"): licence for _, name, _, licence, *_ in (r.split("|") for r in rows)
    }
    for name, spec in read_manifest().items():
        assert spec.licence in documented.pop(name)
    assert documented == {}
