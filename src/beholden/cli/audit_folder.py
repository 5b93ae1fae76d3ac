"""Which log a command is about: a folder, or a URL where one is served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from beholden.cli.options import settings_with
from beholden.cli.server import credentials_in
from beholden.domain.errors import OperatorError
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.remote import LogFolder, RemoteFolder, Sign

Log = Annotated[
    str | None,
    typer.Option(
        "--log", metavar="DIR|URL", help="The log's folder or URL. [default: this deployment's]"
    ),
]
Key = Annotated[
    str | None,
    typer.Option(help="The log's verifier key, name+id+key. [default: the one it brings along]"),
]
SignedWith = Annotated[
    Path | None,
    typer.Option(
        "--credentials",
        exists=True,
        dir_okay=False,
        help="Sign requests with the key in this file: a server shows entries to auditors only.",
    ),
]


def folder_of(log: str | Path | None, credentials: Path | None = None) -> LogFolder:
    """Raises OperatorError if there are no valid credentials in the file."""
    if log is not None and str(log).startswith(("http://", "https://")):
        return RemoteFolder(str(log)) if credentials is None else _signed(str(log), credentials)
    return settings_with().data_dir / "log" if log is None else Path(log)


def verifier_of(folder: LogFolder, key: str | None) -> Verifier:
    """The key that was given; else the one in the folder, which proves less: it could be anyone's.
    Raises OSError, CheckpointError."""
    return Verifier.parse(key or (folder / VERIFIER_KEY).read_text(encoding="utf-8"))


@contextmanager
def plain_errors() -> Iterator[None]:
    """What a log or its files are missing is said in a line."""
    try:
        yield
    except (OSError, ValueError, IndexError) as error:
        raise OperatorError(str(error)) from error


def _signed(url: str, credentials: Path) -> RemoteFolder:
    return RemoteFolder(url, _signer(credentials))


def _signer(credentials: Path) -> Sign:
    auth = SigV4Auth(credentials_in(credentials), "rekognition", settings_with().region)

    def sign(url: str) -> Mapping[str, str]:
        request = AWSRequest("GET", url)
        auth.add_auth(request)
        return dict(request.headers.items())

    return sign
