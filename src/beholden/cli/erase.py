"""beholden erase: a person, from every store."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any

import typer

from beholden.cli.options import DataDir
from beholden.cli.session import ask

say = partial(typer.echo, err=True)


def erase(
    external_image_id: Annotated[
        list[str] | None, typer.Option(help="The name that a person is enrolled under. Repeatable.")
    ] = None,
    user_id: Annotated[list[str] | None, typer.Option(help="A UserId. Repeatable.")] = None,
    face_id: Annotated[list[str] | None, typer.Option(help="A FaceId. Repeatable.")] = None,
    like: Annotated[
        bool, typer.Option("--like", help="Look for faces like theirs, too, and tell them.")
    ] = False,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=100, help="How alike they must be. [default: 99]")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it nothing is.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say what is kept of a person, in every collection and store; with --yes erase it."""
    request: dict[str, Any] = {
        "ExternalImageIds": external_image_id or [],
        "UserIds": user_id or [],
        "FaceIds": face_id or [],
        "Like": like,
        "DryRun": not yes,
    }
    if threshold is not None:
        request["Threshold"] = threshold
    told = ask("beholden:ErasePerson", request, data_dir)
    print(json.dumps(told, indent=2))
    if not yes:
        say("Nothing was erased. The same with --yes erases what is listed under Faces.")
    if told.get("Alike"):
        say("Of those under Alike, name the ones that are the person: --face-id FACE, each.")
