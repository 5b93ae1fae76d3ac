"""beholden witness: cosign the logs of other deployments, so that none can have two histories."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated

import typer

from beholden.config import HOME
from beholden.domain.errors import OperatorError
from beholden.engines.audit.keys import load_cosigner
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import CheckpointError, Verifier
from beholden.engines.audit.remote import RemoteFolder
from beholden.engines.audit.witness import FileWitness
from beholden.engines.clock import SystemClock

witness_app = typer.Typer(no_args_is_help=True)

Folder = Annotated[
    Path, typer.Option("--dir", metavar="DIR", help="Where the witness keeps its key and state.")
]
Name = Annotated[str, typer.Option(help="The witness's name, a URL without scheme for one.")]


@witness_app.command()
def key(name: Name, folder: Folder = HOME / "witness") -> None:
    """Print this witness's verifier key, made if there is none: what logs are configured with."""
    print(load_cosigner(folder / "witness.key", name).public)


@witness_app.command()
def serve(
    name: Name,
    log: Annotated[
        list[str],
        typer.Option(
            metavar="KEY", help="The verifier key of a log to cosign, NAME+ID+KEY. Repeatable."
        ),
    ],
    folder: Folder = HOME / "witness",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8700,
) -> None:
    """Cosign checkpoints that extend what was cosigned before (C2SP tlog-witness).

    Take each log's key from somebody you trust, not from the log: `beholden witness trust URL`
    prints the one that a server claims, to compare.
    """
    import uvicorn  # noqa: PLC0415

    from beholden.wire.witness import create_witness  # noqa: PLC0415

    keys = [_verifier(line) for line in log]
    cosigner = load_cosigner(folder / "witness.key", name)
    witness = FileWitness(folder, cosigner, {key.name: key for key in keys}, SystemClock())
    app = uvicorn.Config(create_witness(witness), log_level="warning", access_log=False)
    with _listen(host, port) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}"
        print(f"{cosigner.public} witnesses on {url}", flush=True)
        uvicorn.Server(app).run(sockets=[listener])


@witness_app.command()
def trust(url: Annotated[str, typer.Argument(help="Where a log is: http://HOST:PORT/log")]) -> None:
    """Print the verifier key that a log claims to have."""
    try:
        print(_verifier((RemoteFolder(url) / VERIFIER_KEY).read_text()))
    except OSError as error:
        raise OperatorError(str(error)) from error


def _verifier(line: str) -> Verifier:
    try:
        return Verifier.parse(line)
    except CheckpointError as error:
        raise OperatorError(f"{line!r}: {error}") from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=64)
    except OSError as error:
        raise OperatorError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
