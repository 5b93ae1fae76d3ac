"""False alarms of moderation over harmless pictures: whatever is found at the default 50.

    python -m benchmarks.moderation [SET ...]

Everything under ../shared/data that the service accepts; there are no adult pictures there.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from beholden.analysis.moderation import ModerationAnalysis, read_moderation_taxonomy
from beholden.config import Settings
from beholden.domain.errors import ClientError
from beholden.domain.labels import ModerationLabel
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.vision.adult import AdultClassifier
from beholden.vision.calibration.pictures import read_picture_calibration
from benchmarks.label_sets import DATA, MAX_BYTES, ImageDecoder, open_labels

SETS = ("imagenet40", "samples", "face_boxes_dlib", "ppe", "coco200", "celebamask80", "ocr")
LARGE_SETS = ("faces_utk300", "orl", "lfw")
ENDINGS = {".jpg", ".jpeg", ".png"}
LEAST = 0.5


def main() -> None:
    analysis = open_moderation()
    for name in sys.argv[1:] or (*SETS, *LARGE_SETS):
        pictures = alarming = 0
        found: Counter[str] = Counter()
        for path, labels in alarms_of(analysis, name):
            pictures += 1
            alarming += bool(labels)
            found.update(label.name for label in labels)
            if labels:
                shown = ", ".join(f"{label.name} {label.confidence:.2f}" for label in labels)
                print(f"  {path.name}: {shown}", flush=True)
        print(f"{name}: {alarming} of {pictures} pictures; {dict(found)}", flush=True)


def open_moderation() -> ModerationAnalysis:
    """The analysis as bootstrap composes it, on one core. Raises OperatorError without models."""
    store = ModelStore(Settings().models_dir, read_manifest())
    adult = AdultClassifier(OpenVino(streams=1).load(store.require("adult")))
    scale = read_picture_calibration().adult
    return ModerationAnalysis(open_labels(), adult, read_moderation_taxonomy(), scale)


def alarms_of(
    analysis: ModerationAnalysis, name: str
) -> Iterator[tuple[Path, list[ModerationLabel]]]:
    """Each picture of a set that the service accepts, and its labels at the default or more."""
    decoder = ImageDecoder()
    for path in sorted(p for p in (DATA / name).rglob("*") if p.suffix.lower() in ENDINGS):
        try:
            image = decoder.decode(path.read_bytes(), max_bytes=MAX_BYTES)
        except ClientError:
            continue
        yield path, [label for label in analysis(image).labels if label.confidence >= LEAST]


if __name__ == "__main__":
    main()
