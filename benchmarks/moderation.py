"""False alarms of moderation over harmless pictures: whatever is found at the default 50.

    python -m benchmarks.moderation [SET ...] [--seen FILE]

Everything under ../shared/data that the service accepts; there are no adult pictures there. With
--seen, what was found is kept in FILE, a line of JSON a picture, and a run that was interrupted
goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import track

from beholden.analysis.moderation import ModerationAnalysis, read_moderation_taxonomy
from beholden.config import Settings
from beholden.domain.errors import ClientError
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.vision.adult import AdultClassifier
from beholden.vision.calibration.pictures import read_picture_calibration
from benchmarks.label_sets import DATA, MAX_BYTES, ImageDecoder, open_labels

ENDINGS = {".jpg", ".jpeg", ".png"}
LEAST = 0.5

Found = dict[str, float] | None
"""Confidences of a picture's labels; None where the service does not accept the picture."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--seen", type=Path, default=Path(os.devnull))
    options = parser.parse_args()
    options.seen.touch()
    known = dict(map(json.loads, options.seen.read_text().splitlines()))
    analysis = open_moderation()
    with options.seen.open("a") as seen:
        for name in options.sets or sorted(path.name for path in DATA.iterdir() if path.is_dir()):
            pictures = pictures_of(name)
            if pictures:
                report(name, list(looked_at(analysis, name, pictures, known, seen)))


def pictures_of(name: str) -> list[Path]:
    return sorted(p for p in (DATA / name).rglob("*") if p.suffix.lower() in ENDINGS)


def looked_at(
    analysis: ModerationAnalysis,
    name: str,
    pictures: list[Path],
    known: dict[str, Found],
    seen: TextIO,
) -> Iterator[tuple[str, Found]]:
    """What is found in each picture of a set; it is looked at unless it is `known`."""
    for path in track(pictures, name, console=Console(file=sys.stderr)):
        key = str(path.relative_to(DATA))
        if key not in known:
            known[key] = alarms(analysis, path)
            print(json.dumps((key, known[key])), file=seen, flush=True)
        yield key, known[key]


def alarms(analysis: ModerationAnalysis, path: Path) -> Found:
    """The labels of one picture at the default or more."""
    try:
        image = ImageDecoder().decode(path.read_bytes(), max_bytes=MAX_BYTES)
    except ClientError:
        return None
    labels = analysis(image).labels
    return {label.name: label.confidence for label in labels if label.confidence >= LEAST}


def report(name: str, looked: list[tuple[str, Found]]) -> None:
    accepted = {key: labels for key, labels in looked if labels is not None}
    alarming = {key: labels for key, labels in accepted.items() if labels}
    for key, labels in alarming.items():
        print(f"  {key}: " + ", ".join(f"{label} {sure:.2f}" for label, sure in labels.items()))
    counted = Counter(label for labels in alarming.values() for label in labels)
    refused = len(looked) - len(accepted)
    print(
        f"{name}: {len(alarming)} of {len(accepted)} pictures, {refused} refused; {dict(counted)}"
    )


def open_moderation() -> ModerationAnalysis:
    """The analysis as bootstrap composes it, on one core. Raises OperatorError without models."""
    store = ModelStore(Settings().models_dir, read_manifest())
    adult = AdultClassifier(OpenVino(streams=1).load(store.require("adult")))
    scale = read_picture_calibration().adult
    return ModerationAnalysis(open_labels(), adult, read_moderation_taxonomy(), scale)


if __name__ == "__main__":
    main()
