"""beholden purposes, collections, consents: what may be done, with which faces, on which basis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal
from beholden.domain.errors import OperatorError

purposes_app = typer.Typer(no_args_is_help=True)
collections_app = typer.Typer(no_args_is_help=True)
consents_app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The purpose's name, as keys carry it.")]
Basis = Annotated[str | None, typer.Option(help="The legal basis, in words.")]
ConsentRule = Annotated[
    bool | None,
    typer.Option("--consent/--no-consent", help="Whoever is enrolled must have consented."),
]
Days = Annotated[
    int | None,
    typer.Option(
        "--retention-days", min=0, help="Days until a face is forgotten; 0 takes it back."
    ),
]
Grace = Annotated[
    int | None,
    typer.Option(min=0, help="Days from its end until whoever was enrolled for it is forgotten."),
]
Floor = Annotated[
    float | None,
    typer.Option(min=0, max=100, help="Least similarity anybody may ask for; 0 takes it back."),
]
Raises = Annotated[
    bool | None,
    typer.Option("--raise-floor/--refuse-floor", help="Raise a lower threshold, or refuse it."),
]
Authorized = Annotated[
    bool | None,
    typer.Option(
        "--authorization/--no-authorization", help="Nobody searches without an authorization."
    ),
]
Review = Annotated[
    bool | None,
    typer.Option("--review/--no-review", help="Two people judge each match before it is released."),
]
Attributes = Annotated[
    list[str] | None,
    typer.Option("--attribute", help="AGE_RANGE, EMOTIONS, GENDER: may be told. Repeatable."),
]
Report = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="File an accountability report, as of today."),
]
Ended = Annotated[
    bool | None, typer.Option("--end/--reopen", help="End the purpose, or open it again.")
]


@purposes_app.command("add")
@purposes_app.command("edit")
def put(
    name: Name,
    basis: Basis = None,
    consent: ConsentRule = None,
    retention_days: Days = None,
    grace_days: Grace = None,
    floor: Floor = None,
    raise_floor: Raises = None,
    review: Review = None,
    authorization: Authorized = None,
    attribute: Attributes = None,
    report: Report = None,
    ended: Ended = None,
    data_dir: DataDir = None,
) -> None:
    """Declare a purpose, or change the terms given; the others stay as they are."""
    request = {
        "Name": name,
        "Basis": basis,
        "Consent": consent,
        "RetentionDays": retention_days,
        "GraceDays": grace_days,
        "ThresholdFloor": floor,
        "FloorRaises": raise_floor,
        "Review": review,
        "Authorization": authorization,
        "Attributes": attribute,
        "Report": report.read_bytes() if report else None,
        "Ended": ended,
    }
    given = {key: value for key, value in request.items() if value is not None}
    made = ask("beholden:PutPurpose", given, data_dir)
    print(json.dumps(made, indent=2))
    if waits(made):
        return
    if made["Lacks"]:
        print(f"For a full declaration it lacks {' and '.join(made['Lacks'])}.")


def waits(made: dict[str, Any]) -> bool:
    """Say so if a second person has to approve what was asked for."""
    if "Proposal" not in made:
        return False
    number = made["Proposal"]["Number"]
    print(f"This takes a second administrator: beholden init --approve {number}")
    return True


@purposes_app.command("list")
def list_purposes(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Every purpose, its terms and the collections bound to it."""
    found = ask("beholden:ListPurposes", {}, data_dir)["Purposes"]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table(
        "purpose", "basis", "floor", "review", "told", "report filed", "collections", "lacks"
    )
    for purpose in found:
        table.add_row(
            purpose["Name"],
            "consent" if purpose["Consent"] else purpose["Basis"],
            f"{purpose['ThresholdFloor'] or ''}",
            "two people" if purpose["Review"] else "",
            ", ".join(purpose["Attributes"]).lower(),
            (purpose["ReportFiledAt"] or "")[:10],
            ", ".join(purpose["Collections"]),
            ", ".join(purpose["Lacks"]),
        )
    terminal().print(table)


Collection = Annotated[str, typer.Argument(help="The collection's id.", metavar="COLLECTION")]
ForPurpose = Annotated[str, typer.Option(help="The purpose's name.")]


@collections_app.command("bind")
def bind(collection: Collection, purpose: ForPurpose, data_dir: DataDir = None) -> None:
    """Let keys with this purpose use the collection."""
    request = {"CollectionId": collection, "Purpose": purpose}
    if not waits(ask("beholden:BindCollection", request, data_dir)):
        print(f"{collection} may be used for {purpose}.")


@collections_app.command("unbind")
def unbind(collection: Collection, purpose: ForPurpose, data_dir: DataDir = None) -> None:
    """Take that back, from the next call on."""
    request = {"CollectionId": collection, "Purpose": purpose}
    ask("beholden:UnbindCollection", request, data_dir)
    print(f"{collection} may no longer be used for {purpose}.")


Subject = Annotated[str, typer.Option(help="The ExternalImageId the person is enrolled under.")]


@consents_app.command("add")
def add_consent(
    subject: Subject,
    purpose: ForPurpose,
    receipt: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The receipt, a text file.")
    ],
    data_dir: DataDir = None,
) -> None:
    """Record that a person consented. The receipt is kept sealed; its hash stands in the log."""
    try:
        text = receipt.read_text(encoding="utf-8")
    except ValueError as error:
        raise OperatorError(f"{receipt} is not a text file in UTF-8.") from error
    request = {"Subject": subject, "Purpose": purpose, "Receipt": text}
    made = ask("beholden:AddConsent", request, data_dir)
    print(f"Recorded: receipt {made['ReceiptSha256']}.")


@consents_app.command("withdraw")
def withdraw(subject: Subject, purpose: ForPurpose, data_dir: DataDir = None) -> None:
    """Record that a person took it back: faces enrolled on it are deleted, and none is enrolled."""
    told = ask("beholden:WithdrawConsent", {"Subject": subject, "Purpose": purpose}, data_dir)
    print(f"Withdrawn. Faces deleted: {told['Faces']}.")


@consents_app.command("list")
def list_consents(data_dir: DataDir = None) -> None:
    """Every receipt on file, as JSON."""
    print(json.dumps(ask("beholden:ListConsents", {}, data_dir)["Consents"], indent=2))
