"""The default runtime: OpenVINO on the CPU."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from beholden.domain.errors import OperatorError
from beholden.engines.inference._runtime import openvino

Precision = Literal["f32", "bf16"]


class OpenVino:
    """Implements ports.inference.Inference.

    One call computes on one core; `streams` of them run side by side (0: one for each core that
    this process may use) and further ones wait their turn. `precision` bf16 is a hint: a CPU
    without bf16 computes in f32.
    """

    def __init__(self, streams: int = 0, precision: Precision = "f32") -> None:
        streams = streams or len(os.sched_getaffinity(0))
        self._core = openvino.Core()
        self._config = {
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": streams,
            "INFERENCE_PRECISION_HINT": precision,
            # Pinned threads of several models, or of several processes, share the same few cores.
            "ENABLE_CPU_PINNING": False,
        }

    def load(self, path: Path) -> OpenVinoNetwork:
        """Compile the converted model at `path`. Raises OperatorError if it cannot be read."""
        try:
            return OpenVinoNetwork(self._core.compile_model(path, "CPU", self._config), path)
        except RuntimeError as error:
            raise OperatorError(
                f"{path}: OpenVINO cannot load it: run: beholden models install ({error})"
            ) from error

    def metadata(self, path: Path, key: str) -> str:
        """What the publisher of the model wrote into it. Raises OperatorError if there is none."""
        try:
            model = self._core.read_model(path)
            return str(model.get_rt_info(["framework", key]).astype(str))
        except RuntimeError as error:
            raise OperatorError(
                f"{path}: it says nothing of {key}: run: beholden models install ({error})"
            ) from error


class OpenVinoNetwork:
    """Implements ports.inference.Network.

    Inputs are read where they are, without a copy, and OpenVINO does not keep them alive: a request
    must never run with an input of an earlier call, nor outlive its call. Raises OperatorError if
    an input has not the form that the model at `path` takes.
    """

    def __init__(self, compiled: openvino.CompiledModel, path: Path) -> None:
        self._compiled = compiled
        self._path = path
        self._inputs = range(len(compiled.inputs))
        self._outputs = range(len(compiled.outputs))
        self._idle: deque[openvino.InferRequest] = deque()

    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
        request = self._take()
        try:
            for i, array in zip(self._inputs, inputs, strict=True):
                self._give(request, i, array)
            _run(request)
            return [np.array(request.get_output_tensor(i).data) for i in self._outputs]
        finally:
            self._idle.append(request)

    def _give(self, request: openvino.InferRequest, i: int, array: NDArray[Any]) -> None:
        try:
            request.set_input_tensor(i, openvino.Tensor(array, shared_memory=True))
        except RuntimeError as error:
            raise OperatorError(
                f"{self._path}: it takes {self._compiled.inputs[i]}, not {array.shape}: the size "
                "in its table of the manifest must be that of the network"
            ) from error

    def _take(self) -> openvino.InferRequest:
        """There are as many requests as there were ever calls at once."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._compiled.create_infer_request()


def _run(request: openvino.InferRequest) -> None:
    """Queued for whichever stream is free; `infer` would bind each calling thread to one."""
    try:
        request.start_async()
    finally:  # Ctrl-C may come between the two
        request.wait()
