"""All commands in one Typer application; errors become one plain line."""

from __future__ import annotations

import sys

import typer
from rich.text import Text

from beholden.cli.alerts import alerts_app
from beholden.cli.assume_role import assume_role
from beholden.cli.audit import audit_app
from beholden.cli.authorizations import authorizations_app
from beholden.cli.celebrities import celebrities_app
from beholden.cli.coverage import coverage
from beholden.cli.disclose import disclose
from beholden.cli.equipment import equipment
from beholden.cli.erase import erase
from beholden.cli.evaluate import evaluate_app
from beholden.cli.faces import compare_faces, detect_faces, index_faces, search_faces
from beholden.cli.init import init
from beholden.cli.jobs import jobs_app
from beholden.cli.keys import keys_app
from beholden.cli.labels import labels, moderate
from beholden.cli.models import models_app
from beholden.cli.policy import policy_app
from beholden.cli.purposes import collections_app, consents_app, purposes_app
from beholden.cli.report import report
from beholden.cli.retention import held_app, retention_app
from beholden.cli.review import review_app
from beholden.cli.serve import serve
from beholden.cli.streams import streams_app
from beholden.cli.terminal import terminal
from beholden.cli.text import text
from beholden.cli.video import video_app
from beholden.cli.witness import witness_app
from beholden.domain.errors import BeholdenError

app = typer.Typer(
    name="beholden",
    help="Computer vision that answers for what it sees: the Amazon Rekognition API, self-hosted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(init)
app.command()(detect_faces)
app.command()(compare_faces)
app.command()(index_faces)
app.command()(search_faces)
app.command()(labels)
app.command()(moderate)
app.command()(equipment)
app.command()(assume_role)
app.command()(text)
app.command()(coverage)
app.command()(disclose)
app.command()(erase)
app.command()(report)
app.add_typer(keys_app, name="keys")
app.add_typer(jobs_app, name="jobs")
app.add_typer(video_app, name="video")
app.add_typer(policy_app, name="policy")
app.add_typer(purposes_app, name="purposes")
app.add_typer(review_app, name="review")
app.add_typer(collections_app, name="collections")
app.add_typer(consents_app, name="consents")
app.add_typer(celebrities_app, name="celebrities")
app.add_typer(retention_app, name="retention")
app.add_typer(held_app, name="faces")
app.add_typer(authorizations_app, name="authorizations")
app.add_typer(streams_app, name="streams")
app.add_typer(models_app, name="models")
app.add_typer(audit_app, name="audit")
app.add_typer(witness_app, name="witness")
app.add_typer(alerts_app, name="alerts")
app.add_typer(evaluate_app, name="evaluate")


def run() -> None:
    """Run the command line; an error on purpose ends it with its message and status 1."""
    try:
        app()
    except BeholdenError as error:
        said = Text.assemble((type(error).__name__, "red"), f": {error}")
        terminal(stderr=True, soft_wrap=True).print(said)
        sys.exit(1)
