"""The labels that pictures get, read from labels.toml beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.labels import LabelName
from beholden.vision.objects import KINDS as OBJECT_KINDS
from beholden.vision.scenes import KINDS as SCENE_KINDS

# Of the labels, the models behind them and their calibration together; a change raises it.
LABEL_MODEL_VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """`objects` gives the label of each kind of the object detector; `under` (labels, 1000) is 1
    where a kind of the scene classifier stands for a label or one below it, a row for each label
    in the order of `labels`."""

    labels: Mapping[str, LabelName]
    objects: Mapping[str, str]
    under: Float32


@cache
def read_taxonomy() -> Taxonomy:
    """The taxonomy that ships with this package. Raises ValueError if a kind of a model has no
    label, or two."""
    text = (files("beholden.analysis") / "labels.toml").read_text("utf-8")
    entries = {
        name: (category, entry)
        for category, table in tomllib.loads(text).items()
        for name, entry in table.items()
    }
    above = {name: entry.get("under", ()) for name, (_, entry) in entries.items()}
    labels = {
        name: LabelName(
            name,
            tuple(dict.fromkeys(_ancestors(name, above))),
            tuple(entry.get("aliases", ())),
            (category,),
        )
        for name, (category, entry) in entries.items()
    }
    return Taxonomy(labels, _objects(entries), _under(labels, entries))


def _ancestors(name: str, above: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """All labels above, the nearest first."""
    level = list(above[name])
    while level:
        yield from level
        level = [parent for child in level for parent in above[child]]


def _objects(entries: Mapping[str, tuple[str, dict[str, Any]]]) -> dict[str, str]:
    pairs = [(kind, name) for name, (_, e) in entries.items() for kind in e.get("objects", ())]
    if sorted(kind for kind, _ in pairs) != sorted(OBJECT_KINDS):
        raise ValueError("labels.toml: each kind of object must stand there once")
    return dict(pairs)


def _under(
    labels: Mapping[str, LabelName], entries: Mapping[str, tuple[str, dict[str, Any]]]
) -> Float32:
    rows = {name: n for n, name in enumerate(labels)}
    under = np.zeros((len(labels), SCENE_KINDS), np.float32)
    own = [(name, kind) for name, (_, e) in entries.items() for kind in e.get("scenes", ())]
    if sorted(kind for _, kind in own) != list(range(SCENE_KINDS)):
        raise ValueError("labels.toml: each kind of scene must stand there once")
    for name, kind in own:
        for label in (name, *labels[name].parents):
            under[rows[label], kind] = 1
    return under
