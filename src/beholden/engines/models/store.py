"""Where installed models are. Reading only: nothing here fetches, converts or writes.

MODELS_DIR/sources/NAME.onnx     the original, as published, so that a new OpenVINO version can
                                 convert it again without the network
MODELS_DIR/NAME/model.xml, .bin  what is run
MODELS_DIR/NAME/receipt.json     what it was made from, with the hash of every file
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from beholden.domain.errors import OperatorError
from beholden.domain.model import ModelSpec
from beholden.engines.models._disk import operator_errors, sha256

INSTALL = "run: beholden models install"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a converted model was made from, and the SHA-256 of each of its files by name."""

    source_sha256: str
    conversion: str
    runtime: str
    files: Mapping[str, str]


class ModelStore:
    """The models under one folder, as the manifest describes them."""

    def __init__(self, models_dir: Path, manifest: Mapping[str, ModelSpec]) -> None:
        self.models_dir = models_dir
        self.manifest = manifest

    def require(self, name: str) -> Path:
        """The converted model. Raises OperatorError if it is not installed."""
        if not self.installed(self.spec(name)):
            raise OperatorError(
                f"The model {name} is not installed in {self.models_dir}: {INSTALL}"
            )
        return self.folder(name) / "model.xml"

    def spec(self, name: str) -> ModelSpec:
        """Raises OperatorError if the manifest has no such model."""
        if name not in self.manifest:
            raise OperatorError(f"No model {name!r}: there are {', '.join(self.manifest)}.")
        return self.manifest[name]

    def folder(self, name: str) -> Path:
        return self.models_dir / name

    def original(self, spec: ModelSpec) -> Path:
        """Where the file as published is kept."""
        return self.models_dir / "sources" / f"{spec.name}{Path(spec.source.file_name).suffix}"

    def installed(self, spec: ModelSpec) -> bool:
        """Whether the receipt says that it was made from what the manifest names. Reads no more
        than the receipt: `verify` hashes the files."""
        receipt = self.receipt(spec.name)
        return receipt is not None and _made_from(receipt, spec)

    def receipt(self, name: str) -> Receipt | None:
        """None if the model is not installed or its receipt says nothing intelligible."""
        path = self.folder(name) / "receipt.json"
        with operator_errors(path):
            try:
                return Receipt(**json.loads(path.read_text(encoding="utf-8")))
            except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
                return None

    def verify(self, name: str, runtime: str) -> str | None:
        """None if every file is as it was installed and `runtime` is what converted it; else what
        is wrong, in words."""
        spec, receipt = self.spec(name), self.receipt(name)
        if receipt is None or not _made_from(receipt, spec):
            return "not installed"
        expected = {self.folder(name) / file: digest for file, digest in receipt.files.items()}
        for path, digest in {self.original(spec): spec.sha256, **expected}.items():
            if fault := _fault(path, digest):
                return fault
        if receipt.runtime != runtime:
            return f"converted by {receipt.runtime}, this is {runtime}"
        return None


def _made_from(receipt: Receipt, spec: ModelSpec) -> bool:
    return (receipt.source_sha256, receipt.conversion) == (spec.sha256, spec.conversion.recipe)


def _fault(path: Path, digest: str) -> str | None:
    if not path.is_file():
        return f"{path} is missing"
    with operator_errors(path):
        return None if sha256(path) == digest else f"{path} was altered"
