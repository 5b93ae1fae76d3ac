"""What a model answers does not depend on how many calls may run side by side."""

import re

import numpy as np
import pytest

from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore

COMPILATIONS = 6
MANIFEST = read_manifest()


def made_up_input(spec):
    """Of the shape and kind that the manifest states: one of n, of sides of 256."""
    shape, kind = re.match(r"\((.*?)\) (\w+)", spec.input.replace("n, n", "h, w")).groups()
    sizes = [{"n": 1, "h": 256, "w": 256}.get(size) or int(size) for size in shape.split(", ")]
    random = np.random.default_rng(0)
    if kind == "uint8":
        return random.integers(0, 256, sizes, np.uint8)
    return random.uniform(-1, 1, sizes).astype(kind)


@pytest.mark.parametrize("name", MANIFEST)
def test_one_stream_and_two_agree(models_dir, name):
    path = ModelStore(models_dir, MANIFEST).require(name)
    given = made_up_input(MANIFEST[name])
    expected = OpenVino(streams=1).load(path)(given)
    for _ in range(COMPILATIONS):
        for one, other in zip(expected, OpenVino(streams=2).load(path)(given), strict=True):
            np.testing.assert_allclose(other, one, atol=1e-4, rtol=1e-4)
