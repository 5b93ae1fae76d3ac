"""beholden streams: cameras, the notice beside each, and what looks at them."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from beholden.cli.count import count
from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal
from beholden.cli.watch import view, watch

streams_app = typer.Typer(no_args_is_help=True)

streams_app.command()(watch)
streams_app.command()(view)
streams_app.command()(count)

Name = Annotated[str, typer.Argument(help="The camera's name.", metavar="CAMERA")]


@streams_app.command()
def add(
    name: Name,
    source: Annotated[
        str,
        typer.Argument(
            help="rtsp://, http:// (HLS, Motion JPEG), file:// played as if live, "
            "v4l2:/dev/video0, or kinesisvideo: and a stream's name or ARN.",
            metavar="SOURCE",
        ),
    ],
    data_dir: DataDir = None,
) -> None:
    """Add a camera, or give one another source. Prints the ARN that stands for it."""
    made = ask("beholden:PutCamera", {"Name": name, "Source": source}, data_dir)
    print(made["StreamArn"])
    if made["Notice"] is None:
        print(f"Before it may recognise anybody: beholden streams notice {name} --help")


@streams_app.command()
def notice(
    name: Name,
    place: Annotated[str, typer.Option(help="Where it is, as people call the place.")],
    purpose: Annotated[list[str], typer.Option(help="A declared purpose. Repeatable.")],
    operator: Annotated[str, typer.Option(help="Who answers for it.")],
    data_dir: DataDir = None,
) -> None:
    """Say on the public page where the camera is, what for, and who answers for it."""
    request = {"Name": name, "Place": place, "Purposes": purpose, "Operator": operator}
    print(json.dumps(ask("beholden:PutNotice", request, data_dir)["Notice"], indent=2))


@streams_app.command("list")
def list_cameras(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Every camera, and what stands beside it."""
    cameras = ask("beholden:ListCameras", {}, data_dir)["Cameras"]
    if as_json:
        print(json.dumps(cameras, indent=2))
        return
    table = Table("camera", "source", "place", "purposes", "operator")
    for camera in cameras:
        told = camera["Notice"] or {"Place": "no notice", "Purposes": [], "Operator": ""}
        purposes = ", ".join(told["Purposes"])
        table.add_row(camera["Name"], camera["Source"], told["Place"], purposes, told["Operator"])
    terminal(soft_wrap=True).print(table)


@streams_app.command()
def record(
    name: Annotated[str, typer.Argument(help="The stream processor's.", metavar="NAME")],
    bucket: Annotated[
        str | None, typer.Option(help="Where to; left out, nothing is kept any more.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="What the videos' names begin with.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Keep what a face search processor sees from its next start on, as videos in a bucket. Whoever
    it does not know is unrecognisable in them."""
    asked = {} if bucket is None else {"Bucket": bucket, "KeyPrefix": prefix}
    ask("beholden:RecordStream", {"Name": name, **asked}, data_dir)
    print(f"{name} {'keeps nothing' if bucket is None else f'is kept in {bucket}'} when it runs.")


@streams_app.command()
def remove(name: Name, data_dir: DataDir = None) -> None:
    """Take a camera and its notice away."""
    ask("beholden:RemoveCamera", {"Name": name}, data_dir)
    print(f"{name} is removed.")
