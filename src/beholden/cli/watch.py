"""beholden streams watch: who is seen, where, since when, and how late we know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from configparser import ConfigParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from rich.console import Console

from beholden.cli.options import DataDir, settings_with
from beholden.domain.errors import OperatorError


def watch(
    name: Annotated[str, typer.Argument(help="The stream processor's.", metavar="NAME")],
    url: Annotated[
        str | None,
        typer.Option(
            envvar="AWS_ENDPOINT_URL_REKOGNITION",
            help="The server. [default: the address that serve would listen on]",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Follow a running stream processor until it ends, a line for each change."""
    settings = settings_with(data_dir=data_dir)
    server = url or f"http://{settings.host}:{settings.port}"
    credentials = _credentials(settings.credentials or settings.data_dir / "credentials")
    console, before = Console(soft_wrap=True, highlight=False), None
    for event, data in events(f"{server}/streams/{name}/events", credentials, settings.region):
        if event == "end":
            console.print(f"Ended: {data}")
            return
        record = json.loads(data)
        seen = people(record)
        if seen != before:
            console.print(f"{_told(record)}  {', '.join(seen) or 'nobody'}")
            before = seen


def people(record: dict[str, Any]) -> list[str]:
    """Everybody in a record: by name, as a lead, or as somebody unknown."""
    seen = []
    for face in record["FaceSearchResponse"]:
        for match in face["MatchedFaces"][:1]:
            enrolled = match["Face"]
            name = enrolled.get("ExternalImageId", enrolled["FaceId"])
            seen.append(f"{name} {match['Similarity']:.1f}" if match["Similarity"] else "a lead")
        if not face["MatchedFaces"]:
            seen.append("somebody")
    return sorted(seen)


def events(url: str, credentials: Credentials, region: str) -> Iterator[tuple[str, str]]:
    """(event, data) of a signed request for server-sent events. Raises OperatorError."""
    request = AWSRequest("GET", url)
    SigV4Auth(credentials, "rekognition", region).add_auth(request)
    try:
        answer = urllib3.request(
            "GET", url, headers=dict(request.headers), preload_content=False, retries=False
        )
        if answer.status != 200:
            raise OperatorError(answer.read().decode().strip())
        yield from _parsed(answer)
    except urllib3.exceptions.HTTPError as error:
        raise OperatorError(f"{url} cannot be read: {type(error).__name__}") from error


def _parsed(answer: urllib3.BaseHTTPResponse) -> Iterator[tuple[str, str]]:
    event, rest = "message", b""
    for chunk in answer.stream(None):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            name, _, value = line.decode().partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                yield event, value


def _told(record: dict[str, Any]) -> str:
    """When the frame came, and how long ago that is."""
    came = record["InputInformation"]["KinesisVideo"]["ServerTimestamp"]
    late_ms = 1000 * (datetime.now(UTC).timestamp() - came)
    return f"{datetime.fromtimestamp(came).astimezone():%H:%M:%S}  {late_ms:4.0f} ms"


def _credentials(path: Path) -> Credentials:
    parser = ConfigParser()
    if not parser.read(path) or "default" not in parser:
        raise OperatorError(f"{path} has no profile [default]: write one with a valid key.")
    profile = parser["default"]
    return Credentials(
        profile.get("aws_access_key_id", ""),
        profile.get("aws_secret_access_key", ""),
        profile.get("aws_session_token"),
    )
