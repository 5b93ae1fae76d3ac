"""`beholden text`: what is written in a picture, or in every picture of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from beholden.cli import pictures
from beholden.cli.bulk import Annotate, Answer, Bulk, Mark, Target
from beholden.cli.options import DataDir

Confidence = Annotated[
    float, typer.Option(min=0, max=100, help="Leave out words that are less sure than this.")
]


def text(
    target: Target,
    annotate: Annotate = None,
    min_confidence: Confidence = 50.0,
    data_dir: DataDir = None,
) -> None:
    """Read the text in a picture or a folder of pictures, as JSON Lines: at most the first 100
    words of each, as DetectText gives them."""
    members = {"Filters": {"WordFilter": {"MinConfidence": min_confidence}}}
    Bulk("DetectText", members, _marks).run(target, annotate, data_dir)


def _marks(answer: Answer) -> Iterator[Mark]:
    """Every line; its words are in it."""
    for found in answer["TextDetections"]:
        if found["Type"] == "LINE":
            label = f"{found['DetectedText']} {found['Confidence']:.0f}"
            yield found["Geometry"], label, pictures.MATCH
