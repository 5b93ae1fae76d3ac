"""The key of whoever runs a command."""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

from beholden.domain.errors import OperatorError


def default_profile(path: Path) -> Mapping[str, str]:
    """What an AWS shared-credentials file says under [default]. Raises OperatorError."""
    parser = ConfigParser()
    if not parser.read(path) or "default" not in parser:
        raise OperatorError(
            f"{path} has no profile [default]. Name the file with your key in "
            "BEHOLDEN_CREDENTIALS, or have an administrator make one: beholden keys create."
        )
    return parser["default"]
