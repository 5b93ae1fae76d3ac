"""What pictures show, at the command line: labels, and content to moderate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from beholden.cli import pictures
from beholden.cli.bulk import Annotate, Bulk, Mark, Target
from beholden.cli.options import DataDir

MOST_LINES = 8
Confidence = Annotated[
    float, typer.Option("--min-confidence", min=0, max=100, help="Least confidence of a label.")
]


def labels(
    target: Target,
    annotate: Annotate = None,
    min_confidence: Confidence = 55.0,
    properties: Annotated[
        bool, typer.Option("--properties", help="Dominant colours and light, too.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Tell what each picture shows: a line of JSON for each."""
    features = ["GENERAL_LABELS", *(["IMAGE_PROPERTIES"] if properties else [])]
    members = {"MinConfidence": min_confidence, "Features": features}
    Bulk("DetectLabels", members, _instances, _label_lines).run(target, annotate, data_dir)


def moderate(
    target: Target,
    annotate: Annotate = None,
    min_confidence: Confidence = 50.0,
    data_dir: DataDir = None,
) -> None:
    """Tell what somebody may want to look at before it is shown: a line of JSON for each."""
    members = {"MinConfidence": min_confidence}
    Bulk("DetectModerationLabels", members, lambda _answer: (), _moderation_lines).run(
        target, annotate, data_dir
    )


def _instances(answer: dict[str, Any]) -> Iterator[Mark]:
    for label in answer["Labels"]:
        for n, one in enumerate(label["Instances"], 1):
            yield one, f"{label['Name']} {n}: {one['Confidence']:.0f}", pictures.MATCH


def _label_lines(answer: dict[str, Any]) -> list[str]:
    shown = answer["Labels"][:MOST_LINES]
    return [f"{label['Name']} {label['Confidence']:.0f}" for label in shown]


def _moderation_lines(answer: dict[str, Any]) -> list[str]:
    shown = answer["ModerationLabels"][:MOST_LINES]
    return [f"{label['Name']} {label['Confidence']:.0f}" for label in shown] or ["nothing found"]
