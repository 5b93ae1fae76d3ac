"""beholden keys: who may call, in which role, for which purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal
from beholden.credentials import write_credentials
from beholden.domain.errors import OperatorError
from beholden.domain.roles import Role

keys_app = typer.Typer(no_args_is_help=True)


@keys_app.command("create")
def create(
    holder: Annotated[str, typer.Argument(help="The person or system that will hold the key.")],
    role: Annotated[Role, typer.Option(help="What the holder may do; see policies/.")],
    purpose: Annotated[str, typer.Option(help="What the key is for, for example 'door-access'.")],
    may_assume: Annotated[
        list[str] | None,
        typer.Option(help="A further purpose to open sessions for. Repeatable."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it as an AWS credentials file, mode 0600."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a key and show its secret, this once, or write both into a new file (--out), for
    BEHOLDEN_CREDENTIALS and AWS_SHARED_CREDENTIALS_FILE to name."""
    if out is not None and out.exists():
        raise OperatorError(f"{out} exists already; name another file.")
    made = ask(
        "beholden:CreateKey",
        {
            "Holder": holder,
            "Role": role.value,
            "Purpose": purpose,
            "MayAssume": may_assume or [],
        },
        data_dir,
    )
    if as_json and out is None:
        print(json.dumps(made, indent=2))
    elif "Proposal" in made:
        number = made["Proposal"]["Number"]
        print(f"This takes a second administrator: beholden init --approve {number} --out FILE")
    else:
        show_key(made, out)


def show_key(made: dict[str, Any], out: Path | None) -> None:
    """A new key, this once: into a new file, or as a shell's variables."""
    if out is not None:
        write_credentials(out, made["KeyId"], made["Secret"])
        print(f"{made['KeyId']} of {made['Holder']} is in {out}.")
    else:
        print(f"export AWS_ACCESS_KEY_ID={made['KeyId']}")
        print(f"export AWS_SECRET_ACCESS_KEY={made['Secret']}")
    if not made["PurposeDeclared"] and made["Role"] != Role.ADMIN:
        purpose = made["Purpose"]
        note = f"Nobody has declared the purpose {purpose} yet: beholden purposes add {purpose}"
        typer.echo(note, err=True)


@keys_app.command("list")
def list_keys(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Every key, without its secret."""
    keys = ask("beholden:ListKeys", {}, data_dir)["Keys"]
    if as_json:
        print(json.dumps(keys, indent=2))
        return
    table = Table("key", "holder", "role", "purpose", "created", "disabled")
    table.columns[0].no_wrap, table.columns[0].min_width = True, 20
    for key in keys:
        row = (key["KeyId"], key["Holder"], key["Role"], key["Purpose"])
        table.add_row(*row, key["CreatedAt"][:19], (key["DisabledAt"] or "")[:19])
    terminal().print(table)


@keys_app.command("disable")
def disable(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `beholden keys list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Disable a key at once. Its records stay; make a new key to let its holder in again."""
    ask("beholden:DisableKey", {"KeyId": key_id}, data_dir)
    print(f"{key_id} is disabled.")
