"""Fitted numbers, in files beside this one: a section for each thing that they tell."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import TypeVar, get_type_hints

T = TypeVar("T")


def read_sections(kind: Callable[..., T], name: str) -> T:
    """The file as `kind`, a dataclass whose fields are named as its sections, each a dataclass of
    the numbers there. Raises TypeError if they do not match."""
    types = get_type_hints(kind)
    sections = tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
    return kind(**{section: types[section](**told) for section, told in sections.items()})
