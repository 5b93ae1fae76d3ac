"""`beholden equipment`: who wears what on face and head, in a picture or a folder of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from beholden.cli import pictures
from beholden.cli.bulk import Annotate, Answer, Bulk, Mark, Target
from beholden.cli.options import DataDir
from beholden.domain.equipment import MAX_BYTES, EquipmentType

Required = Annotated[
    list[EquipmentType] | None,
    typer.Option("--require", help="Tell who wears this, who does not, who cannot be told."),
]
Confidence = Annotated[
    float, typer.Option("--min-confidence", min=50, max=100, help="Least confidence for --require.")
]


def equipment(
    target: Target,
    annotate: Annotate = None,
    require: Required = None,
    min_confidence: Confidence = 50.0,
    data_dir: DataDir = None,
) -> None:
    """Tell who covers face and head: a line of JSON for each picture. Gloves are not seen."""
    asked: dict[str, Any] = {}
    if require:
        wanted = {"MinConfidence": min_confidence, "RequiredEquipmentTypes": list(require)}
        asked["SummarizationAttributes"] = wanted
    ask = Bulk("DetectProtectiveEquipment", asked, _marks, max_bytes=MAX_BYTES)
    ask.run(target, annotate, data_dir)


def _marks(answer: Answer) -> Iterator[Mark]:
    """Persons, red for those who lack what is required, and what they wear."""
    lacking = answer.get("Summary", {}).get("PersonsWithoutRequiredEquipment", ())
    for person in answer["Persons"]:
        names = ", ".join(part["Name"].lower().replace("_", " ") for part in person["BodyParts"])
        colour = pictures.OTHER if person["Id"] in lacking else pictures.INK
        yield person, f"{person['Id']}: {names}", colour
        for part in person["BodyParts"]:
            for found in part["EquipmentDetections"]:
                label = f"{found['Type'].lower().replace('_', ' ')} {found['Confidence']:.0f}"
                yield found, label, pictures.MATCH
