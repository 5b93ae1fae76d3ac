"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from beholden.config import Settings

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="The deployment's folder. [default: BEHOLDEN_DATA_DIR, else the user's data folder]",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_with(**given: Any) -> Settings:
    """Settings from the environment, overridden by the options that were given."""
    from beholden.config import Settings  # noqa: PLC0415 (pydantic: 0.2 s, of --help too)

    return Settings(**{name: value for name, value in given.items() if value is not None})
