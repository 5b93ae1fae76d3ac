"""beholden retention, faces: what is kept until when, and faces that are kept but not found."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal

retention_app = typer.Typer(no_args_is_help=True)
held_app = typer.Typer(no_args_is_help=True)

Face = Annotated[list[str], typer.Argument(help="Face ids.", metavar="FACE")]
Collection = Annotated[str, typer.Option(help="Their collection.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the log, so name nobody.")]


@retention_app.command("status")
def status(data_dir: DataDir = None, as_json: Json = False) -> None:
    """How many faces are kept for which purpose, and when the first of them ends."""
    kept = ask("beholden:DescribeRetention", {}, data_dir)["Kept"]
    if as_json:
        print(json.dumps(kept, indent=2))
        return
    table = Table("collection", "purpose", "faces", "held", "first enrolled", "first ends")
    for row in kept:
        ends = (row["FirstEndsAt"] or "no term")[:10]
        faces, held = str(row["Faces"]), str(row["Held"])
        first = row["FirstEnrolledAt"][:10]
        table.add_row(row["CollectionId"], row["Purpose"], faces, held, first, ends)
    terminal().print(table)


@retention_app.command("sweep")
def sweep(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would end, and end nothing.")
    ] = False,
    renew_now: Annotated[
        bool, typer.Option("--renew-now", help="Destroy keys at once that wait for their day.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """End what is over now. A running server does it by itself."""
    request = {"DryRun": dry_run, "RenewNow": renew_now}
    print(json.dumps(ask("beholden:SweepRetention", request, data_dir), indent=2))


@held_app.command("hold")
def hold(
    face: Face,
    collection: Collection,
    reason: Reason,
    legal: Annotated[
        bool, typer.Option("--legal", help="Outlast retention and deletion, until released.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Keep faces, and find them in no search."""
    request: dict[str, Any] = {"CollectionId": collection, "FaceIds": face, "Reason": reason}
    made = ask("beholden:HoldFaces", request | {"Legal": legal}, data_dir)
    print(f"{len(made['FaceIds'])} of {len(face)} faces are held.")


@held_app.command("release")
def release(face: Face, collection: Collection, reason: Reason, data_dir: DataDir = None) -> None:
    """Let them be found again."""
    request = {"CollectionId": collection, "FaceIds": face, "Reason": reason}
    made = ask("beholden:ReleaseFaces", request, data_dir)
    print(f"{len(made['FaceIds'])} of {len(face)} faces are found again.")
