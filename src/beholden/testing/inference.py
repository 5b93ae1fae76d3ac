"""A fake of ports.inference: networks that are plain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from beholden.domain.errors import OperatorError

Function = Callable[..., Sequence[NDArray[Any]]]


class FakeInference:
    """Implements ports.inference.Inference: `functions` maps the path of a model to what it
    computes, `said` path and key to what its publisher wrote into it."""

    def __init__(
        self,
        functions: Mapping[Path, Function],
        said: Mapping[tuple[Path, str], str] | None = None,
    ) -> None:
        self._functions = functions
        self._said = said or {}

    def load(self, path: Path) -> FakeNetwork:
        """Raises OperatorError for a path that is not in `functions`."""
        if path not in self._functions:
            raise OperatorError(f"{path}: there is no such model")
        return FakeNetwork(self._functions[path])

    def metadata(self, path: Path, key: str) -> str:
        """Raises OperatorError for what is not in `said`."""
        if (path, key) not in self._said:
            raise OperatorError(f"{path}: it says nothing of {key}")
        return self._said[path, key]


class FakeNetwork:
    """Implements ports.inference.Network."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
        return [np.array(output) for output in self._function(*inputs)]
