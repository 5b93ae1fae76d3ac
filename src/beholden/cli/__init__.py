"""The command line: `beholden --help`."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `beholden` command; imports the application only when it runs."""
    from beholden.cli.app import run  # noqa: PLC0415 (keeps `import beholden.cli` light)

    run()
