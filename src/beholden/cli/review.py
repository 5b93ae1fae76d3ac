"""beholden review: leads that wait for two people, and what became of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden import pages, private
from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal
from beholden.domain.errors import OperatorError

review_app = typer.Typer(no_args_is_help=True)
Lead = Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id.")]


@review_app.command("list")
def list_leads(
    state: Annotated[
        str | None, typer.Option(help="waiting, upheld, no-match, overturned or expired only.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Leads of your purpose; an auditor or administrator sees all."""
    request = {"MaxResults": 1000} | ({"State": state} if state else {})
    page = ask("beholden:ListLeads", request, data_dir)
    found = page["Leads"]
    while token := page.get("NextToken"):
        page = ask("beholden:ListLeads", request | {"NextToken": token}, data_dir)
        found += page["Leads"]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table("lead", "state", "searched", "for", "you", box=None, pad_edge=False)
    table.columns[0].no_wrap, table.columns[0].min_width = True, 36
    for lead in found:
        case = f" / {lead['Case']}" if lead["Case"] else ""
        row = (lead["LeadId"], lead["State"], lead["SearchedAt"][:10], lead["Purpose"] + case)
        table.add_row(*row, "judged" if lead["JudgedByYou"] else "")
    terminal().print(table)


@review_app.command("open")
def open_lead(
    lead: Lead,
    output: Annotated[
        Path | None, typer.Option(help="The page to write. [default: lead-LEAD.html here]")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write one page with the probe beside every candidate, for you alone: delete it afterwards."""
    shown = ask("beholden:OpenLead", {"LeadId": lead}, data_dir)
    page = output or Path(f"lead-{lead}.html")
    private.write(page, _render(shown))
    count = len(shown["Candidates"])
    print(f"{page}: the probe and {count} candidate{'' if count == 1 else 's'}.")
    if "Verdicts" not in shown:
        print("Look at all of them, then say which it is, or --nobody; the page has the code:")
        print(f'beholden review judge {lead} --view CODE --reason "..." --candidate NUMBER')


@review_app.command("judge")
def judge(
    lead: Lead,
    view: Annotated[str, typer.Option(help="The code on the page that `open` wrote for you.")],
    reason: Annotated[str, typer.Option(help="What you saw that makes you say so.")],
    candidate: Annotated[
        int | None, typer.Option(help="The number on your page of who it is.")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="It is none of them.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say, once, who it is. Two people who name the same candidate release the match."""
    if (candidate is None) is not nobody:
        raise OperatorError("Say either --candidate NUMBER or --nobody.")
    chosen = {} if candidate is None else {"Candidate": candidate}
    asked = {"LeadId": lead, "View": view, "Reason": reason, **chosen}
    state = ask("beholden:JudgeLead", asked, data_dir)["State"]
    print(
        "Recorded. A second person has to judge it." if state == "waiting" else f"Closed: {state}"
    )


@review_app.command("result")
def result(lead: Lead, data_dir: DataDir = None) -> None:
    """What became of your search, as JSON; the match, once two people have agreed on it."""
    print(json.dumps(ask("beholden:GetLead", {"LeadId": lead}, data_dir), indent=2))


@review_app.command("expire")
def expire(lead: Lead, data_dir: DataDir = None) -> None:
    """Destroy what a lead holds: probe, candidates and verdicts, in every backup too."""
    ask("beholden:ExpireLead", {"LeadId": lead}, data_dir)
    print(f"{lead} has expired; that it was there stays in the log.")


def _render(shown: dict[str, Any]) -> str:
    return pages.environment("beholden.cli").get_template("lead.html").render(lead=shown)
