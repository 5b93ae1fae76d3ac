"""beholden disclose: hand over what happened in one search."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated

import typer

from beholden import private
from beholden.cli.options import DataDir
from beholden.cli.session import ask


def disclose(
    search: Annotated[
        str, typer.Argument(metavar="CALL_ID|LEAD_ID", help="The search, or the lead it left.")
    ],
    output: Annotated[Path, typer.Option(help="The packet to write, a zip file.")],
    data_dir: DataDir = None,
) -> None:
    """Write a packet for the person searched for or their defence: a page that anyone can read,
    the log's records with their proofs, and a program that verifies all of it offline."""
    made = ask("beholden:Disclose", {"Id": search}, data_dir)
    private.write(output, base64.b64decode(made["Packet"]))
    print(f"{output}: SHA-256 {made['Sha256']}, which stands in the log.")
    print("Unpack it, open index.html, and check it with: python -I verify.py")
