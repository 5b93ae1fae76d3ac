"""beholden authorizations: who lets identification begin, how far, and until when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden.cli.options import DataDir, Json
from beholden.cli.session import ask
from beholden.cli.terminal import terminal

authorizations_app = typer.Typer(no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="As `list` shows it.", metavar="AUTHORIZATION")]
Basis = Annotated[str, typer.Option(help="The legal basis: a warrant, a statute.")]
Purpose = Annotated[str, typer.Option(help="The purpose, as the key or session carries it.")]
Collections = Annotated[
    list[str], typer.Option("--collection", help="What may be searched. Repeatable.")
]
Cameras = Annotated[
    list[str] | None,
    typer.Option("--camera", help="Whose live pictures may be searched. Repeatable."),
]
People = Annotated[
    list[str] | None,
    typer.Option("--person", help="An ExternalImageId: find these only. Repeatable."),
]
Case = Annotated[str | None, typer.Option(help="Only sessions with this case.")]
Hours = Annotated[float, typer.Option(min=0.1, help="How long it holds.")]
Starts = Annotated[
    str | None, typer.Option("--from", help="When it begins, ISO 8601. [default: now]")
]


@authorizations_app.command("request")
def request(
    basis: Basis,
    purpose: Purpose,
    collection: Collections,
    hours: Hours,
    camera: Cameras = None,
    person: People = None,
    case: Case = None,
    starts: Starts = None,
    data_dir: DataDir = None,
) -> None:
    """Ask for one. It holds once as many other people have approved it as the profile asks for."""
    begin = datetime.fromisoformat(starts).astimezone(UTC) if starts else datetime.now(UTC)
    terms = _terms(basis, purpose, collection, (camera, person, case))
    terms |= {"ExpiresAt": (begin + timedelta(hours=hours)).isoformat()}
    if starts:
        terms["StartsAt"] = begin.isoformat()
    _print(ask("beholden:RequestAuthorization", terms, data_dir))


@authorizations_app.command("emergency")
def emergency(
    basis: Basis,
    purpose: Purpose,
    collection: Collections,
    reason: Annotated[str, typer.Option(help="Why work begins before anybody approved.")],
    hours: Hours = 48,
    camera: Cameras = None,
    person: People = None,
    case: Case = None,
    data_dir: DataDir = None,
) -> None:
    """Begin at once. What is found is deleted unless others approve within 24 hours of a live
    start, or 48 hours otherwise."""
    expires = datetime.now(UTC) + timedelta(hours=hours)
    terms = _terms(basis, purpose, collection, (camera, person, case))
    terms |= {"Reason": reason, "ExpiresAt": expires.isoformat()}
    _print(ask("beholden:StartEmergency", terms, data_dir))


def _terms(
    basis: str,
    purpose: str,
    collections: list[str],
    scope: tuple[list[str] | None, list[str] | None, str | None],
) -> dict[str, Any]:
    given = {"Basis": basis, "Purpose": purpose, "Collections": collections}
    narrowed = dict(zip(("Cameras", "People", "Case"), scope, strict=True))
    return given | {name: value for name, value in narrowed.items() if value}


@authorizations_app.command("approve")
def approve(number: Number, data_dir: DataDir = None) -> None:
    """Approve what somebody else asked for."""
    _print(ask("beholden:ApproveAuthorization", {"AuthorizationId": number}, data_dir))


@authorizations_app.command("revoke")
def revoke(number: Number, data_dir: DataDir = None) -> None:
    """End one at once. What was found under an emergency start that nobody approved is deleted."""
    _print(ask("beholden:RevokeAuthorization", {"AuthorizationId": number}, data_dir))


@authorizations_app.command("show")
def show(number: Number, data_dir: DataDir = None) -> None:
    """All that is known of one, as JSON."""
    _print(ask("beholden:ShowAuthorization", {"AuthorizationId": number}, data_dir))


@authorizations_app.command("list")
def list_authorizations(data_dir: DataDir = None, as_json: Json = False) -> None:
    """All, the newest first."""
    found = ask("beholden:ListAuthorizations", {}, data_dir)["Authorizations"]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table("authorization", "state", "purpose", "collections", "cameras", "until", "by")
    for one in found:
        until = one["ApproveBy"] if one["State"] == "waiting" else None
        table.add_row(
            one["AuthorizationId"],
            one["State"],
            one["Purpose"],
            ", ".join(one["Collections"]),
            ", ".join(one["Cameras"]),
            (until or one["ExpiresAt"])[:16],
            ", ".join(one["ApprovedBy"]),
        )
    terminal().print(table)


def _print(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, indent=2))
    missing = answer["ApproversNeeded"] - len(answer["ApprovedBy"])
    if answer["State"] == "waiting" and missing > 0:
        number = answer["AuthorizationId"]
        print(f"It takes {missing} more: beholden authorizations approve {number}")
