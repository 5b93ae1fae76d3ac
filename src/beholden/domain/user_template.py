"""How a user's template comes from the templates of its faces."""

from __future__ import annotations

import numpy as np

from beholden.domain.arrays import Float16, Float32


def user_template(vectors: Float16, qualities: Float32) -> Float16:
    """The quality-weighted mean direction of (n, d) templates, n >= 1: shape (d,), unit norm.

    `qualities` has shape (n,), 0..1; where all are 0 every face counts alike. Faces that cancel
    out exactly have no mean direction: then the best of them stands for the user.
    """
    weights = qualities if qualities.any() else np.ones_like(qualities)
    mean = weights.astype(np.float64) @ vectors.astype(np.float64)
    norm = float(np.linalg.norm(mean))
    if norm == 0.0:
        best: Float16 = vectors[int(np.argmax(weights))]
        return best
    return (mean / norm).astype(np.float16)
