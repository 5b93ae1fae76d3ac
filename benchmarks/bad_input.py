"""Every picture of the malformed set, and extremes drawn here, through every analysis of pictures.

    python -m benchmarks.bad_input

Prints what became of them, the slowest answer, and the memory of a process that has every network
of pictures loaded. Anything but an answer or an error of the service ends it.
"""

from __future__ import annotations

import io
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image as Pillow

from beholden.analysis.details import ALL_ATTRIBUTES
from beholden.analysis.image import ImageDecoder
from beholden.analysis.properties import properties_of
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.errors import ClientError
from beholden.domain.image import Image
from benchmarks.label_sets import DATA

FOLDERS = ("images", "valid_tricky")
# 5 MB as bytes, 15 MB as an object.
MAX_BYTES = 15 * 2**20
MIB = 1024


def main() -> None:
    print(f"before any network: {memory_mib():.0f} MiB")
    looks = analyses(Models(Settings(streams=1)))
    outcomes: Counter[str] = Counter()
    slowest = dict.fromkeys(looks, (0.0, ""))
    for name, data in (*malformed(), *drawn()):
        try:
            image = ImageDecoder().decode(data, max_bytes=MAX_BYTES)
        except ClientError as error:
            outcomes[error.code] += 1
            continue
        outcomes["decoded"] += 1
        for look, run in looks.items():
            start = time.perf_counter()
            run(image)
            slowest[look] = max(slowest[look], (time.perf_counter() - start, name))
    print(f"{sum(outcomes.values())} pictures: {dict(outcomes)}")
    for look, (seconds, name) in slowest.items():
        print(f"{look}: slowest {seconds:.1f} s ({name})")
    print(f"at most, with every network of pictures loaded: {memory_mib():.0f} MiB")


def analyses(models: Models) -> dict[str, Callable[[Image], Any]]:
    faces, describer = models.analysis(), models.describer()
    return {
        "labels": models.labels(),
        "properties": lambda image: properties_of(image, (), 10),
        "moderation": models.moderation(),
        "text": models.text().read,
        "equipment": models.equipment(),
        "faces": lambda image: describer.describe(image, faces.detect(image), ALL_ATTRIBUTES),
    }


def malformed() -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for path in sorted((DATA / "malformed" / folder).iterdir()):
            yield path.name, path.read_bytes()


def drawn() -> Iterator[tuple[str, bytes]]:
    noise = np.random.default_rng(5)
    yield "1 pixel high", png(np.zeros((1, 10_000, 3), np.uint8))
    yield "10,000 wide, blank", png(np.full((80, 10_000, 3), 90, np.uint8))
    yield "10,000 wide, noise", png(noise.integers(0, 256, (80, 10_000, 3), np.uint8))
    yield "blank", png(np.full((1200, 1600, 3), 255, np.uint8))
    yield "noise of 15 MB", png(noise.integers(0, 256, (2000, 2500, 3), np.uint8))


def png(pixels: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    Pillow.fromarray(pixels).save(encoded, "PNG")
    return encoded.getvalue()


def memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB


if __name__ == "__main__":
    main()
