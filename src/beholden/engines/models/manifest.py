"""Reading the manifest."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from beholden.domain.errors import OperatorError
from beholden.domain.model import Conversion, Cut, ModelSpec, Source, UrlSource, WheelSource

SOURCES: dict[str, type[Source]] = {"wheel": WheelSource, "url": UrlSource}


def read_manifest(*extra: Path | None) -> dict[str, ModelSpec]:
    """The models that come with Beholden and those of an operator's own manifests, by name. One
    that says `replace = true` takes the place of the one of its name.

    Raises OperatorError naming the file if one cannot be read or is not a manifest.
    """
    models: dict[str, ModelSpec] = {}
    for file in (files("beholden") / "vision" / "models.toml", *filter(None, extra)):
        for name, table in _tables(file).items():
            if name in models and not _replaces(table):
                raise OperatorError(
                    f"{file}: there is a model {name!r} already: choose another name."
                )
            models[name] = _spec(file, name, table)
    return models


def _replaces(table: Any) -> bool:
    return isinstance(table, dict) and table.pop("replace", False) is True


def _tables(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorError(f"{file}: not a readable manifest: {error}") from error


def _spec(file: Traversable, name: str, table: dict[str, Any]) -> ModelSpec:
    if not name.isidentifier():
        raise OperatorError(f"{file}: {name!r} is not a name: use letters, digits and _.")
    try:
        return ModelSpec(
            name=name,
            source=_source(table.pop("source")),
            conversion=_conversion(table.pop("conversion", {})),
            **table,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OperatorError(f"{file}: the table [{name}] is not a model: {error}") from error


def _source(table: dict[str, str]) -> Source:
    source = SOURCES[table.pop("kind")](**table)
    if isinstance(source, UrlSource) and not source.url.startswith(("https://", "http://")):
        raise ValueError(f"{source.url} is not an http or https address")
    return source


def _conversion(table: dict[str, Any]) -> Conversion:
    shape = tuple(table.pop("shape", ()))
    part = table.pop("cut", None)
    cut = Cut(part.pop("input"), tuple(part.pop("outputs")), **part) if part else None
    return Conversion(table.pop("fold_dequantize", False), shape, cut, **table)
