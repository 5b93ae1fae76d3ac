"""Faces to enrol, drawn from a seed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping

import numpy as np

from beholden.domain.arrays import Float16
from beholden.domain.face import NewFace, Template
from beholden.domain.geometry import Box

MODEL_VERSION = "test-1"
DIMENSIONS = 8


def a_vector(seed: int, dimensions: int = DIMENSIONS) -> Float16:
    """A random direction, shape (dimensions,)."""
    vector = np.random.default_rng(seed).normal(size=dimensions)
    return (vector / np.linalg.norm(vector)).astype(np.float16)


def a_face(
    seed: int,
    *,
    external_image_id: str | None = None,
    left: float = 0.25,
    quality: float = 0.5,
    model_version: str = MODEL_VERSION,
    details: Mapping[str, object] | None = None,
    purpose: str = "",
) -> NewFace:
    """A face of image number `seed`: enrolling two of the same seed is enrolling one face twice,
    unless their boxes or external ids differ."""
    return NewFace(
        face_id=str(uuid.uuid4()),
        image_id=str(uuid.uuid4()),
        external_image_id=external_image_id,
        image_digest=hashlib.sha256(b"%d" % seed).digest(),
        box_ratio=Box(left, 0.5, 0.125, 0.25),
        confidence=0.75,
        template=Template(a_vector(seed), model_version, quality),
        details=details or {},
        purpose=purpose,
    )
