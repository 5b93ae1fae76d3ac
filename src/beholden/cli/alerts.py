"""beholden alerts: what a look at the log found worth a person's question."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal
from beholden.domain.alert import Settled

alerts_app = typer.Typer(no_args_is_help=True)


@alerts_app.command("list")
def list_alerts(
    settled: Annotated[
        bool, typer.Option("--settled", help="Those that are settled, too.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """The newest first. `beholden audit show --call ID` shows what an entry is about."""
    found = ask("beholden:ListAlerts", {"Settled": settled}, data_dir)["Alerts"]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table("alert", "at", "what", "who", "entries", "settled")
    for alert in found:
        table.add_row(
            alert["AlertId"],
            alert["At"][:16],
            alert["Text"],
            ", ".join(alert["Principals"]),
            ", ".join(map(str, alert["Entries"])),
            f"{alert['Settled'] or ''}",
        )
    terminal().print(table)


@alerts_app.command("settle")
def settle(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id.")],
    as_: Annotated[Settled, typer.Option("--as", help="What it was.")],
    note: Annotated[str, typer.Option(help="What was found.")],
    data_dir: DataDir = None,
) -> None:
    """Close an alert. It stands in the log, and counts on the public page."""
    request = {"AlertId": alert_id, "As": str(as_), "Note": note}
    print(json.dumps(ask("beholden:SettleAlert", request, data_dir), indent=2))
