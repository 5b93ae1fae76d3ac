"""What tests of several folders share."""

import io
from pathlib import Path

import hypothesis
import pytest
from PIL import Image

from beholden.config import Settings
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore

ROOT = Path(__file__).parents[1]

# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("beholden", deadline=None)
hypothesis.settings.load_profile("beholden")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public test data beside the repository; it is not part of it."""
    folder = ROOT.parent / "shared/data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not here")
    return folder


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where the face models are installed."""
    store = ModelStore(Settings().models_dir, read_manifest())
    if not all(store.installed(store.spec(name)) for name in ("yunet", "sface")):
        pytest.skip("run: beholden models install")
    return store.models_dir


@pytest.fixture(scope="session")
def portrait_jpeg() -> bytes:
    """A public-domain portrait, 512 x 512, one face."""
    data = pytest.importorskip("skimage.data")
    encoded = io.BytesIO()
    Image.fromarray(data.astronaut()).save(encoded, "JPEG", quality=95)
    return encoded.getvalue()
