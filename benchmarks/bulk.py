"""Bulk images: a worker's batch against the library itself on the same images.

    python -m benchmarks.bulk [--images 64]

The library's own batch decodes and moderates images that are in memory, in as many threads as there
are processors. The job's batch reads the manifest and each image from its bucket, and gives JSON.
Both run in one process with everything loaded, in turns; CPU seconds are of all
threads, and tell more than the clock on a machine that is shared.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.data import astronaut, chelsea, coffee

from beholden.analysis.image import ImageDecoder
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.engines.blobs.store import LocalBlobs
from beholden.operations._images import MAX_OBJECT_BYTES
from beholden.operations.bulk._work import BATCH, BulkTasks
from benchmarks.clocks import ranged, spent

ROUNDS = 3


def draw(folder: Path, count: int) -> list[Path]:
    """Photos of skimage, each turned and brightened another way."""
    paths = []
    for no in range(count):
        pixels = (astronaut, chelsea, coffee)[no % 3]().astype(np.float32)
        changed = np.clip(np.rot90(pixels, no % 4) * (0.7 + 0.02 * (no % 30)), 0, 255)
        paths.append(folder / f"{no}.jpg")
        Image.fromarray(changed.astype(np.uint8)).save(paths[-1], quality=90)
    return paths


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=BATCH)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), count)


def compare(folder: Path, count: int) -> None:
    buckets = folder / "buckets"
    for bucket in ("pictures", "lists", "results"):
        (buckets / bucket).mkdir(parents=True)
    paths = draw(buckets / "pictures", count)
    lines = [json.dumps({"source-ref": f"s3://pictures/{path.name}"}) for path in paths]
    (buckets / "lists" / "all.jsonl").write_text("".join(f"{line}\n" for line in lines))
    models = Models(Settings())
    moderation, decoder = models.moderation(), ImageDecoder()
    tasks = BulkTasks(LocalBlobs(buckets), lambda: moderation, folder / "jobs").named()
    asked = {"job": "j", "object": ("lists", "all.jsonl", None), "summary": ("results", "s")}
    plan = tasks["plan-manifest"](asked)
    asked |= {"sha256": plan["sha256"], "least": 50.0}
    encoded = [path.read_bytes() for path in paths]

    def library() -> None:
        def one(data: bytes) -> object:
            return moderation(decoder.decode(data, max_bytes=MAX_OBJECT_BYTES))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(one, encoded))

    def job() -> None:
        for batch in plan["batches"]:
            tasks["moderate-batch"](asked | {"batch": batch})

    library()  # loads
    rounds = np.array([(spent(library), spent(job)) for _ in range(ROUNDS)])
    print(f"{count} images, {os.cpu_count()} processors, {ROUNDS} rounds")
    for who, (wall, cpu) in zip(("library", "job"), rounds.transpose(1, 2, 0), strict=True):
        print(f"{who}: {ranged(count / wall)} images/s, {ranged(cpu / count)} CPU s an image")
    clock, cpu = (ranged(each, ".0%") for each in (rounds[:, 0] / rounds[:, 1]).T)
    print(f"job of library: {clock} by the clock, {cpu} by CPU time")


if __name__ == "__main__":
    main()
