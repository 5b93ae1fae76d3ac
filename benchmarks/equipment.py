"""How well protective equipment is detected, and what its confidences rest on.

python -m benchmarks.equipment          heads and head covers, masks, false alarms, time, the peer
python -m benchmarks.equipment --fit    the calibration of head covers, from every second picture

Head covers: ../shared/data/ppe, 50 photos with boxes of helmets and of heads without. Masks: the
two photos of Amazon's own example, whose real answer to one is compared, and faces of LFW as they
are or with a mask drawn over them, worn as it should be and under the nose.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from beholden.analysis.equipment import EquipmentAnalysis, head_of_face
from beholden.analysis.image import ImageDecoder
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.equipment import BodyPart, Cover, EquippedPerson
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.vision.masks import over_nose
from benchmarks.clocks import medians, timed
from benchmarks.label_accuracy import logistic

DATA = Path(__file__).parents[2] / "shared/data"
LFW_FACES = 200
# A mask's colour, where it begins and where its corners are on the face's box, as shares.
MASKS = ((235, 238, 240), (120, 170, 215), (30, 30, 32))


@dataclass(frozen=True)
class Labelled:
    """A head with or without a helmet; `box_px` is of the helmet or of the head."""

    box_px: Box
    helmet: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="print the fitted calibration")
    options = parser.parse_args()
    models = Models(Settings())
    analysis = models.equipment()
    photos = list(ppe())
    if options.fit:
        fit(analysis, photos[::2])
        return
    heads(analysis, photos[1::2])
    for name in ("group", "single"):
        amazon(analysis, name)
    masks(analysis)


def decode(path: Path) -> Image:
    return ImageDecoder().decode(path.read_bytes(), max_bytes=20 * 2**20)


def ppe() -> Iterator[tuple[Image, list[Labelled]]]:
    """Each photo with its labelled heads, in pixels as decoded."""
    for entry in json.loads((DATA / "ppe/annotations.json").read_text("utf-8")):
        image = decode(DATA / "ppe" / entry["file"])
        scale = image.width_px / entry["width"]
        yield (
            image,
            [
                Labelled(Box(*(scale * edge for edge in box["bbox"])), box["label"] == "helmet")
                for box in entry["boxes"]
                if box["label"] in ("helmet", "no_helmet")
            ],
        )


def heads(analysis: EquipmentAnalysis, photos: Sequence[tuple[Image, list[Labelled]]]) -> None:
    """Of labelled heads: how many are seen as the head of somebody, and how they are judged."""
    seen = {True: [0, 0, 0], False: [0, 0, 0]}  # by helmet: labelled, seen, said to be covered
    took = []
    for image, labels in photos:
        found, each = timed(partial(analysis, image))
        took.append(each)
        covered = {
            part.box_px: bool(part.covers)
            for person in found
            for part in person.parts
            if part.name is BodyPart.HEAD
        }
        for label in labels:
            row = seen[label.helmet]
            row[0] += 1
            here = [cover for at, cover in covered.items() if holds(label, at)]
            row[1] += bool(here)
            row[2] += any(here)
    for helmet, name in ((True, "helmets"), (False, "heads without")):
        labelled, looked_at, said = seen[helmet]
        print(f"{name}: {labelled} labelled, {looked_at} seen, {said} said to be covered")
    true, false = seen[True][2], seen[False][2]
    print(
        f"precision {true / max(1, true + false):.2f}, recall {true / seen[True][0]:.2f}, of those "
        f"seen {true / max(1, seen[True][1]):.2f}; {medians(took)} a photo"
    )


def holds(label: Labelled, place_px: Box) -> bool:
    """Whether the middle of one box is in the other; a head's label holds face and hair."""
    at, of = place_px.centre, label.box_px
    inside = of.left <= at.x <= of.right and of.top <= at.y <= of.bottom
    back = of.centre
    return inside or (
        place_px.left <= back.x <= place_px.right and place_px.top <= back.y <= place_px.bottom
    )


def fit(analysis: EquipmentAnalysis, photos: Sequence[tuple[Image, list[Labelled]]]) -> None:
    """Print equipment.toml's table [head_cover]: helmets and faces of LFW, weighed the same."""
    helmets = []
    for image, labels in photos:
        for face in analysis._faces.detect(image):
            head = head_of_face(face)
            if any(label.helmet and holds(label, head.cover_px) for label in labels):
                helmets.append(analysis._networks.headwear(image.pixels, head.square))
    bare = []
    for image in lfw()[::2]:
        for face in analysis._faces.detect(image)[:1]:
            bare.append(analysis._networks.headwear(image.pixels, head_of_face(face).square))
    same = len(bare) // len(helmets)
    slope, offset = logistic([(s, True) for s in helmets] * same + [(s, False) for s in bare])
    print(f"[head_cover]  # {len(helmets)} helmets, {len(bare)} heads without")
    print(f"slope = {slope:.2f}\noffset = {offset:.2f}")


def lfw() -> list[Image]:
    found = sorted((DATA / "lfw/images").glob("*/*_0001.jpg"))
    step = max(1, len(found) // LFW_FACES)
    return [decode(path) for path in found[::step][:LFW_FACES]]


def amazon(analysis: EquipmentAnalysis, name: str) -> None:
    """Next to the real answer, which exists for the photo of a group."""
    image = decode(DATA / f"ppe/aws-ppe-image-{name}.jpg")
    print(f"aws-ppe-image-{name}: {_said(analysis(image))}")
    if name == "group":
        told = json.loads((DATA / "ppe/aws-ppe-image.json").read_text("utf-8"))
        print(f"  Amazon: {[_amazon(person) for person in told['Persons']]}")


def _said(persons: Sequence[EquippedPerson]) -> list[str]:
    return [
        ", ".join(
            f"{part.name} {100 * part.confidence:.0f}"
            + "".join(f" ({c.kind} {100 * c.confidence:.0f}{_worn(c)})" for c in part.covers)
            for part in person.parts
        )
        for person in persons
    ]


def _worn(cover: Cover) -> str:
    return f", {cover.covers.value} {100 * cover.covers.confidence:.0f}" if cover.covers else ""


def _amazon(person: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{part['Name']} {part['Confidence']:.0f}"
        + "".join(f" ({e['Type']} {e['Confidence']:.0f})" for e in part["EquipmentDetections"])
        for part in person["BodyParts"]
    )


def masks(analysis: EquipmentAnalysis) -> None:
    """How many of LFW's faces are said to be covered, and how many with a mask drawn on them."""
    kinds = ("as they are", "head said to be covered", "mask drawn", "mask drawn under the nose")
    said: dict[str, list[bool]] = {kind: [] for kind in kinds}
    over: dict[str, list[bool]] = {kind: [] for kind in kinds[2:]}
    calibration = analysis._calibration
    for n, image in enumerate(lfw()[1::2]):
        for face in analysis._faces.detect(image)[:1]:
            head = analysis._networks.headwear(image.pixels, head_of_face(face).square)
            said[kinds[1]].append(calibration.head_cover.probability(head) >= 0.5)
            for kind, point in ((kinds[0], None), (kinds[2], 2), (kinds[3], 3)):
                pixels = image.pixels if point is None else drawn(image, face, point, n)
                score = analysis._networks.mask(pixels, face)
                said[kind].append(calibration.mask.probability(score) >= 0.5)
                if said[kind][-1] and kind in over:
                    over[kind].append(over_nose(pixels, face) >= 0.5)
    for kind, told in said.items():
        print(f"LFW, {kind}: {np.mean(told):.3f} of {len(told)}")
    for kind, told in over.items():
        print(f"LFW, {kind}, of those seen said to be over the nose: {np.mean(told):.3f}")


def drawn(image: Image, face: Any, point: int, number: int) -> np.ndarray:
    """A plain mask from just above the nose's tip (`point` 2), or below it (3, the mouth), down to
    the chin."""
    eyes, nose, mouth = (face.landmarks_px[rows].mean(axis=0) for rows in ([0, 1], [2], [3, 4]))
    top = (0.6 * nose + 0.4 * eyes) if point == 2 else (0.5 * nose + 0.5 * mouth)
    box, wide = face.box_px, 0.46 * face.box_px.width
    chin, across = box.bottom + 0.02 * box.height, box.centre.x
    corners = [
        (across - wide, top[1] + 0.05 * box.height),
        (nose[0], top[1]),
        (across + wide, top[1] + 0.05 * box.height),
        (across + 0.8 * wide, mouth[1]),
        (across + 0.3 * wide, chin),
        (across - 0.3 * wide, chin),
        (across - 0.8 * wide, mouth[1]),
    ]
    pixels = image.pixels.copy()
    cv2.fillPoly(pixels, [np.array(corners, np.int32)], MASKS[number % len(MASKS)], cv2.LINE_AA)
    return pixels


if __name__ == "__main__":
    main()
