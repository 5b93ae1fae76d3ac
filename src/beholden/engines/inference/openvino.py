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

    As many streams of one thread each as `threads` (the cores this process may use): one call uses
    one core, and as many calls run side by side. `precision` bf16 is a hint: CPUs without it
    compute in f32. `cache_dir` keeps compiled models between starts.
    """

    def __init__(
        self,
        threads: int | None = None,
        precision: Precision = "f32",
        cache_dir: Path | None = None,
    ) -> None:
        threads = threads or len(os.sched_getaffinity(0))
        self._core = openvino.Core()
        self._config: dict[str, Any] = {
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": precision,
        }
        if cache_dir:
            self._config["CACHE_DIR"] = str(cache_dir)

    def load(self, path: Path) -> OpenVinoNetwork:
        try:
            return OpenVinoNetwork(self._core.compile_model(path, "CPU", self._config))
        except RuntimeError as error:
            raise OperatorError(
                f"{path}: OpenVINO cannot load it ({error}); run: beholden models install"
            ) from error


class OpenVinoNetwork:
    """Implements ports.inference.Network, with one infer request for each call under way."""

    def __init__(self, compiled: openvino.CompiledModel) -> None:
        self._compiled = compiled
        self._idle: deque[openvino.InferRequest] = deque()
        self._outputs = range(len(compiled.outputs))

    def __call__(self, *inputs: NDArray[Any]) -> Sequence[NDArray[Any]]:
        request = self._take()
        try:
            for i, array in enumerate(inputs):
                request.set_input_tensor(i, openvino.Tensor(array, shared_memory=True))
            request.infer(share_inputs=True)
            return [np.array(request.get_output_tensor(i).data) for i in self._outputs]
        finally:
            self._idle.append(request)

    def _take(self) -> openvino.InferRequest:
        try:
            return self._idle.pop()
        except IndexError:
            return self._compiled.create_infer_request()
