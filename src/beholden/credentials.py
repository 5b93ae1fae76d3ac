"""Access keys in files, as AWS SDKs read them."""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

from beholden import private
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


def write_credentials(path: Path, key_id: str, secret: str) -> None:
    """Raises OperatorError if the file cannot be written."""
    lines = ("[default]", f"aws_access_key_id = {key_id}", f"aws_secret_access_key = {secret}", "")
    private.write(path, "\n".join(lines))
