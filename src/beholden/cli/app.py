"""All commands in one Typer application; errors become one plain line."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from rich.text import Text
from typer.core import MarkupMode, TyperGroup

from beholden.cli.terminal import terminal
from beholden.domain.errors import BeholdenError

# Where each command is, and its line of --help. A name that ends in _app has commands of its own.
COMMANDS = {
    "Run": {
        "serve": ("serve:serve", "Start the server."),
        "init": ("init:init", "Choose the profile of a deployment; approve what waits for you."),
        "models": ("models:models_app", "Install and check the models Beholden runs."),
        "keys": ("keys:keys_app", "Access keys: each has a holder, a role and a purpose."),
        "assume-role": ("assume_role:assume_role", "Open a session for one purpose or case."),
    },
    "See": {
        "detect-faces": ("faces:detect_faces", "Find the faces in a photo."),
        "compare-faces": ("faces:compare_faces", "Tell whether two photos show the same person."),
        "index-faces": ("faces:index_faces", "Enrol the faces of every photo in a folder."),
        "search-faces": ("faces:search_faces", "Search a collection for the face in a photo."),
        "labels": ("labels:labels", "Tell what pictures show."),
        "moderate": ("labels:moderate", "Find what somebody may want to look at beforehand."),
        "equipment": ("equipment:equipment", "Tell who covers face and head."),
        "text": ("text:text", "Read the text in pictures."),
        "celebrities": (
            "celebrities:celebrities_app",
            "Public figures to be recognised: nobody is, until you import them.",
        ),
        "video": ("video:video_app", "Video files, analysed on this machine."),
        "streams": ("streams:streams_app", "Cameras, their public notices, and what they show."),
        "jobs": ("jobs:jobs_app", "Jobs on stored videos and bulk images."),
    },
    "Permit": {
        "policy": ("policy:policy_app", "Why a call is allowed or refused."),
        "purposes": (
            "purposes:purposes_app",
            "Purposes: declared once, for every key that carries them.",
        ),
        "collections": (
            "purposes:collections_app",
            "Which purposes may use which collection.",
        ),
        "consents": ("purposes:consents_app", "Consent receipts of people to be enrolled."),
        "authorizations": (
            "authorizations:authorizations_app",
            "Authorizations of searches, and emergency starts.",
        ),
        "review": (
            "review:review_app",
            "Matches that wait for two people: look, judge, and get the outcome.",
        ),
    },
    "Forget": {
        "retention": ("retention:retention_app", "What is kept, and when it ends."),
        "faces": ("retention:held_app", "Keep faces, but find them in no search."),
        "erase": ("erase:erase", "Say what is kept of a person; with --yes erase it."),
    },
    "Account for it": {
        "audit": ("audit:audit_app", "The audit log: verify it, read it, prove it."),
        "witness": ("witness:witness_app", "Be a witness of other deployments' logs."),
        "alerts": (
            "alerts:alerts_app",
            "Alerts of possible misuse: list them, and settle them.",
        ),
        "disclose": ("disclose:disclose", "Hand over what happened in one search."),
        "report": ("report:report", "Write the public numbers of a year as files."),
        "evaluate": (
            "evaluate:evaluate_app",
            "Measure how well this deployment recognises, on your data and for every group in it.",
        ),
        "coverage": ("coverage:coverage", "Every operation of Rekognition, built or declared."),
    },
}
WORDS: MarkupMode = "markdown"  # in rich's own markup, "[default: FILE.html]" is a tag, and gone
LINES = {name: line for lines in COMMANDS.values() for name, line in lines.items()}


class OnDemand(TyperGroup):
    """Imports a command when it is called: all of them together take most of a second."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, _imported(name) if name else listed, rest


app = typer.Typer(
    name="beholden",
    cls=OnDemand,
    help="Computer vision that answers for what it sees: the Amazon Rekognition API, self-hosted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=WORDS,
)


def _listed() -> None:
    """Stands in --help for a command that is imported when it is called."""


def _imported(name: str) -> object:
    where, line = LINES[name]
    module, attribute = where.split(":")
    found = getattr(import_module(f"beholden.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        found.info.help, found.rich_markup_mode = line, WORDS
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False, rich_markup_mode=WORDS)
    alone.command()(found)
    return typer.main.get_command(alone)


for _panel, _lines in COMMANDS.items():
    for _name, (_, _line) in _lines.items():
        app.command(_name, help=_line, rich_help_panel=_panel)(_listed)


def run() -> None:
    """Run the command line; an error on purpose ends it with its message and status 1."""
    try:
        app()
    except BeholdenError as error:
        said = Text.assemble((type(error).__name__, "red"), f": {error}")
        terminal(stderr=True, soft_wrap=True).print(said)
        sys.exit(1)
