"""From an aligned crop to a unit vector: SFace (Zhong et al., SFace, IEEE TIP 2021)."""

from __future__ import annotations

import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.ports.inference import Network

# The norm before normalising at which a template's weight reaches 0 and 1: see the model card.
NORM_WORTHLESS = 4.0
NORM_CLEAN = 12.0
DIMENSIONS = 128


class FaceEmbedder:
    """Callable: crops to embeddings and quality weights."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, crops: UInt8) -> tuple[Float32, Float32]:
        """(n, 112, 112, 3) uint8 RGB to unit embeddings (n, d) and weights (n,) 0..1.

        One crop at a time: measured, a batch is no quicker on one core, and every batch size is a
        shape that the engine must prepare for.
        """
        if not len(crops):
            return np.empty((0, DIMENSIONS), np.float32), np.empty(0, np.float32)
        planes = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        raw = np.concatenate([self._network(planes[i : i + 1])[0] for i in range(len(planes))])
        norms = np.maximum(np.linalg.norm(raw, axis=1), np.finfo(np.float32).eps)
        return raw / norms[:, None], quality_weight(norms)


def quality_weight(norms: Float32) -> Float32:
    """0..1 from the norm before normalising, which falls with blur, noise and lost pixels."""
    weight = (norms - NORM_WORTHLESS) / (NORM_CLEAN - NORM_WORTHLESS)
    return np.asarray(weight.clip(0, 1), np.float32)
