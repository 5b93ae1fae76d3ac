"""A command's way to a running server: signed requests, as any client sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from beholden.cli.options import settings_with
from beholden.credentials import default_profile
from beholden.domain.errors import OperatorError

Url = Annotated[
    str | None,
    typer.Option(
        envvar="AWS_ENDPOINT_URL_REKOGNITION",
        help="The server. [default: the address that serve would listen on]",
    ),
]


@dataclass(frozen=True, slots=True)
class Server:
    """Whatever it refuses, and an address at which nothing answers, raises OperatorError."""

    url: str
    credentials: Credentials
    region: str

    def call(self, target: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """`target` is `Beholden.Name`, or `RekognitionService.Name`."""
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        answer = self._send(
            AWSRequest("POST", f"{self.url}/", headers, data=json.dumps(members).encode())
        )
        told: dict[str, Any] = json.loads(answer.read())
        if answer.status != 200:
            raise OperatorError(told.get("Message", f"HTTP {answer.status}"))
        return told

    def events(self, path: str) -> Iterator[tuple[str, str]]:
        """(event, data) of server-sent events."""
        answer = self._send(AWSRequest("GET", f"{self.url}{path}"))
        if answer.status != 200:
            raise OperatorError(answer.read().decode().strip())
        try:
            yield from _parsed(answer)
        except urllib3.exceptions.HTTPError as error:
            raise OperatorError(f"{self.url} went away: {type(error).__name__}") from error

    def _send(self, request: AWSRequest) -> urllib3.BaseHTTPResponse:
        SigV4Auth(self.credentials, "rekognition", self.region).add_auth(request)
        try:
            return urllib3.request(
                request.method,
                request.url,
                body=request.data or None,
                headers=dict(request.headers),
                preload_content=False,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise OperatorError(f"{self.url} cannot be read: {type(error).__name__}") from error


def server_at(url: str | None, data_dir: Path | None) -> Server:
    """The one at `url`, or that of this deployment; with this deployment's credentials."""
    settings = settings_with(data_dir=data_dir)
    return Server(
        (url or f"http://{settings.host}:{settings.port}").rstrip("/"),
        credentials_in(settings.credentials or settings.data_dir / "credentials"),
        settings.region,
    )


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


def credentials_in(path: Path) -> Credentials:
    """The key or session that a file holds. Raises OperatorError."""
    profile = default_profile(path)
    return Credentials(
        profile.get("aws_access_key_id", ""),
        profile.get("aws_secret_access_key", ""),
        profile.get("aws_session_token"),
    )
