"""beholden streams count: how many are before a camera, and how many came. Nobody is recognised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from beholden.cli.options import DataDir
from beholden.cli.server import Server, Url, server_at
from beholden.cli.terminal import terminal
from beholden.cli.watch import came_at, clock
from beholden.domain.errors import OperatorError

WORDS = {"PERSON": "people", "PET": "pets"}


def count(
    name: Annotated[str, typer.Argument(help="The stream processor's.", metavar="NAME")],
    camera: Annotated[
        str | None, typer.Option(help="Make and start it first, before this camera.")
    ] = None,
    url: Url = None,
    data_dir: DataDir = None,
) -> None:
    """Count people before a camera until the count is stopped, a line for each change. It takes no
    authorization: no face is looked for."""
    server, console, before = server_at(url, data_dir), terminal(soft_wrap=True), ""
    if camera is not None:
        begin(server, name, camera)
    for event, data in server.events(f"/streams/{name}/events"):
        if event == "end":
            console.print(f"Ended: {data}")
            return
        told = json.loads(data)
        if "CountResponse" in told and (counted := said(told["CountResponse"])) != before:
            before = counted
            console.print(f"{clock(came_at(told))}  {counted}", highlight=False)


def begin(server: Server, name: str, camera: str) -> None:
    """A processor that counts people before a camera; its records go to a data stream of its own
    name, if the server has one, and to whoever watches."""
    cameras = {one["Name"]: one for one in server.call("Beholden.ListCameras", {})["Cameras"]}
    if camera not in cameras:
        raise OperatorError(f"There is no camera {camera}: beholden streams add {camera} URL")
    arn = cameras[camera]["StreamArn"]
    _, _, _, region, account, _ = arn.split(":")
    request = {
        "Name": name,
        "Input": {"KinesisVideoStream": {"Arn": arn}},
        "Output": {
            "KinesisDataStream": {"Arn": f"arn:aws:kinesis:{region}:{account}:stream/{name}"}
        },
        "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}},
        "RoleArn": f"arn:aws:iam::{account}:role/beholden",
    }
    server.call("RekognitionService.CreateStreamProcessor", request)
    server.call("RekognitionService.StartStreamProcessor", {"Name": name})


def said(counted: Mapping[str, Any]) -> str:
    """`3 people in view (2, 1 by region), 17 came`."""
    return "; ".join(
        f"{number} {WORDS[kind]} in view{_by_region(counted['Regions'][kind])}, "
        f"{counted['Entries'][kind]} came"
        for kind, number in counted["InView"].items()
    )


def _by_region(numbers: list[int]) -> str:
    return f" ({', '.join(map(str, numbers))} by region)" if numbers else ""
