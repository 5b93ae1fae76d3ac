"""beholden serve: the server, and the lines that point an AWS SDK at it."""

from __future__ import annotations

import resource
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beholden.cli.options import DataDir, settings_with
from beholden.cli.terminal import terminal
from beholden.domain.errors import OperatorError
from beholden.domain.profile import Profile

if TYPE_CHECKING:
    from beholden.bootstrap.deployment import Deployment
    from beholden.config import Settings


def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    profile: Annotated[
        Profile | None, typer.Option(help="Policy profile of a new deployment.")
    ] = None,
    models_dir: Annotated[Path | None, typer.Option(help="Where models are installed.")] = None,
) -> None:
    """Start the server. Settings also come from BEHOLDEN_ environment variables."""
    settings = settings_with(
        data_dir=data_dir, host=host, port=port, profile=profile, models_dir=models_dir
    )
    from beholden.bootstrap.deployment import open_deployment  # noqa: PLC0415 (seconds)

    _end_cleanly_on_signals()
    _keep_memory_off_the_disk()
    listener = _listen(settings)
    deployment = open_deployment(settings)
    try:
        deployment.sweeper.start()
        deployment.oversight.loop.start()
        deployment.jobs.start()
        deployment.streams.supervisor.start()
        _greet(settings, listener.getsockname()[1])
        _run(deployment, settings, listener)
    finally:
        deployment.close()


def _end_cleanly_on_signals() -> None:
    """SIGTERM and Ctrl-C end with status 0, once what runs is done and everything is closed: the
    HTTP server finishes its requests and then raises the signal again, for this handler."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))


def _keep_memory_off_the_disk() -> None:
    """A crash, of this process or of one that it starts, dumps no core: keys, templates, and the
    faces of whoever passes a camera are in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _listen(settings: Settings) -> socket.socket:
    """Take the port first: an address in use is said before anything else is done."""
    try:
        return socket.create_server((settings.host, settings.port), backlog=512)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise OperatorError(
            f"Cannot listen on {where}: {error.strerror}. Choose another with --port."
        ) from error


def _run(deployment: Deployment, settings: Settings, listener: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415

    from beholden.console.live import LivePage  # noqa: PLC0415
    from beholden.console.page import PublicKeys  # noqa: PLC0415
    from beholden.console.transparency import transparency_routes  # noqa: PLC0415
    from beholden.wire.app import Limits, create_app  # noqa: PLC0415
    from beholden.wire.log import SignedBundles, log_routes  # noqa: PLC0415
    from beholden.wire.metrics import Metrics  # noqa: PLC0415
    from beholden.wire.replays import Replays  # noqa: PLC0415
    from beholden.wire.sigv4 import Verifier  # noqa: PLC0415
    from beholden.wire.streams import StreamEvents  # noqa: PLC0415

    replays = Replays(deployment.clock)
    verifier = Verifier(deployment.keys.find, deployment.clock, replays)
    log = log_routes("/log", deployment.log, SignedBundles(deployment.gate, verifier))
    published = log_routes("/published", deployment.oversight.served)
    keys = PublicKeys(deployment.oversight.served.key().strip(), deployment.log.key().strip())
    streams = deployment.streams
    events = StreamEvents(deployment.gate, verifier, streams.feed, streams.still).route()
    live = LivePage(streams.tickets, streams.pictures, streams.still, streams.dropped).routes()
    page = transparency_routes(deployment.oversight.counter, deployment.oversight.feed, keys)
    token = settings.metrics_token.get_secret_value()
    metrics = Metrics(token, streams.supervisor.health, deployment.tally_jobs)
    app = create_app(
        deployment.gate,
        deployment.keys,
        deployment.clock,
        limits=Limits(requests=settings.max_waiting),
        routes=[log, published, events, *live, *page, *metrics.routes()],
        replays=replays,
    )
    config = uvicorn.Config(
        metrics.counting(app),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=20,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _greet(settings: Settings, port: int) -> None:
    console = terminal(soft_wrap=True, highlight=False)
    console.print(f"Beholden listens on http://{settings.host}:{port}; its state is in")
    console.print(f"{settings.data_dir.resolve()}. In another terminal:\n")
    console.print(f"  export AWS_ENDPOINT_URL_REKOGNITION=http://{settings.host}:{port}")
    console.print(f"  export AWS_SHARED_CREDENTIALS_FILE={settings.data_dir.resolve()}/credentials")
    console.print(f"  export AWS_DEFAULT_REGION={settings.region}\n")
    console.print("Try:\n\n  aws rekognition create-collection --collection-id family\n")
    console.print("Or, without a server:  beholden detect-faces photo.jpg --out annotated.png")
