"""beholden streams count: how many are before a camera, and how many came. Nobody is recognised."""

from __future__ import annotations

from typing import Annotated

import typer

from beholden.cli.options import DataDir
from beholden.cli.server import Server, Url, server_at
from beholden.cli.watch import watch
from beholden.domain.errors import OperatorError


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
    if camera is not None:
        begin(server_at(url, data_dir), name, camera)
    watch(name, url, data_dir)


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
