"""Running a neural network. One engine per runtime; models are files that the manifest names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray


class Network(Protocol):
    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
        """Run once and return every output, in the graph's order.

        Safe to call from many threads at once. Inputs are C-contiguous, writeable (but left as
        they are), all there, and have the dtype and the layout of the graph as it was converted.
        The arrays returned are the caller's to keep.
        """
        ...


class Inference(Protocol):
    def load(self, path: Path) -> Network:
        """Compile the converted model at `path`. Raises OperatorError if it cannot be read."""
        ...

    def metadata(self, path: Path, key: str) -> str:
        """What the publisher wrote into the model at `path` under `key`: an alphabet, for one.
        Raises OperatorError if the model cannot be read or says nothing there."""
        ...
