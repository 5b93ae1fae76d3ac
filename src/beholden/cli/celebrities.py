"""`beholden celebrities`: the gallery of public figures, and who of them is in a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden.cli import pictures
from beholden.cli.bulk import Annotate, Answer, Bulk, Mark, Target, progress
from beholden.cli.options import DataDir, Json, settings_with
from beholden.cli.people import Portrait, portraits_in
from beholden.cli.purposes import Basis, waits
from beholden.cli.session import Session, open_session
from beholden.cli.terminal import terminal
from beholden.domain.celebrity import PURPOSE
from beholden.domain.errors import AccessDenied, ClientError, OperatorError

celebrities_app = typer.Typer(no_args_is_help=True)

Purpose = Annotated[str, typer.Option(help="The purpose they are enrolled and recognised for.")]
EMPTY = "Nobody is enrolled, so nobody is recognised: beholden celebrities import FOLDER"


@celebrities_app.command("import")
def import_(
    source: Annotated[
        Path,
        typer.Argument(
            exists=True,
            metavar="FOLDER|CSV",
            help="A picture or a folder of pictures named after each person, or a table with the "
            "columns name and image, and urls, gender, id.",
        ),
    ],
    basis: Basis = None,
    retention_days: Annotated[
        int | None, typer.Option(min=1, help="Days after which they are forgotten.")
    ] = None,
    purpose: Purpose = PURPOSE,
    data_dir: DataDir = None,
) -> None:
    """Enrol public figures, and declare the purpose for it where that is not done. Importing the
    same pictures again changes nothing."""
    portraits = portraits_in(source)
    with open_session(settings_with(data_dir=data_dir)) as opened:
        if not _declared(opened, purpose, basis, retention_days):
            return
        session, failed = opened.under(purpose), 0
        with progress() as bar:
            for portrait in bar.track(portraits, description="Enrolling"):
                failed += _failed(session, portrait)
        known = session.call("beholden:ListCelebrities", {})["Celebrities"]
    print(f"{len(known)} people can be recognised, by keys with the purpose {purpose}.")
    if failed:
        terminal(stderr=True).print(f"{failed} of {len(portraits)} pictures were not enrolled.")
        raise typer.Exit(1)


def _declared(opened: Session, purpose: str, basis: str | None, days: int | None) -> bool:
    """Declare the purpose, or the terms that were given; False if that waits for somebody."""
    terms = {"Basis": basis, "RetentionDays": days}
    given = {name: value for name, value in terms.items() if value is not None}
    if not given and purpose in _purposes(opened):
        return True
    return not waits(opened.call("beholden:PutPurpose", {"Name": purpose, **given}))


def _purposes(opened: Session) -> list[str]:
    return [one["Name"] for one in opened.call("beholden:ListPurposes", {})["Purposes"]]


def _failed(session: Session, portrait: Portrait) -> bool:
    """Enrol one picture; whether it could not be, which is said. A refusal ends the command."""
    who = portrait.celebrity
    gender = {"KnownGender": who.gender} if who.gender else {}
    try:
        request = {
            "ExternalImageId": who.celebrity_id,
            "Name": who.name,
            "Urls": list(who.urls),
            "Image": pictures.request_bytes(portrait.path),
            **gender,
        }
        session.call("beholden:AddCelebrity", request)
    except AccessDenied:
        raise
    except (ClientError, OperatorError) as error:
        terminal(stderr=True).print(f"{portrait.path} ({who.name}): {error}", soft_wrap=True)
        return True
    return False


@celebrities_app.command("list")
def list_(purpose: Purpose = PURPOSE, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Who can be recognised."""
    known = _ask("beholden:ListCelebrities", {}, purpose, data_dir)["Celebrities"]
    if as_json:
        print(json.dumps(known, indent=2))
        return
    if not known:
        print(EMPTY)
        return
    table = Table("id", "name", "gender", "faces", "urls")
    for one in known:
        gender = one.get("KnownGender", {}).get("Type", "")
        table.add_row(one["Id"], one["Name"], gender, str(one["Faces"]), " ".join(one["Urls"]))
    terminal().print(table)


@celebrities_app.command("remove")
def remove(
    ids: Annotated[list[str], typer.Argument(help="Ids, as `list` shows them.", metavar="ID...")],
    purpose: Purpose = PURPOSE,
    data_dir: DataDir = None,
) -> None:
    """Forget public figures, with all their faces."""
    for one in ids:
        gone = _ask("beholden:RemoveCelebrity", {"Id": one}, purpose, data_dir)["DeletedFaces"]
        print(f"{one}: {gone} faces deleted.")


@celebrities_app.command("recognise")
@celebrities_app.command("recognize", hidden=True)
def recognise(
    target: Target,
    annotate: Annotate = None,
    purpose: Purpose = PURPOSE,
    data_dir: DataDir = None,
) -> None:
    """Tell which public figures are in each picture: a line of JSON for each."""
    session = partial(_for_recognition, purpose=purpose)
    Bulk("RecognizeCelebrities", {}, _marks, session=session).run(target, annotate, data_dir)


def _for_recognition(opened: Session, purpose: str) -> Session:
    """A session for the purpose; it is said where nobody can be recognised."""
    session = _under(opened, purpose)
    if not session.call("beholden:ListCelebrities", {})["Celebrities"]:
        terminal(stderr=True).print(EMPTY)
    return session


def _marks(answer: Answer) -> Iterator[Mark]:
    for one in answer["CelebrityFaces"]:
        label = f"{one['Name']} {one['MatchConfidence']:.1f}"
        yield one["Face"], label, pictures.MATCH
    for face in answer["UnrecognizedFaces"]:
        yield face, "unrecognised", pictures.OTHER


def _ask(
    operation: str, request: dict[str, Any], purpose: str, data_dir: Path | None
) -> dict[str, Any]:
    with open_session(settings_with(data_dir=data_dir)) as opened:
        return _under(opened, purpose).call(operation, request)


def _under(opened: Session, purpose: str) -> Session:
    """Before the first import nobody has declared the purpose, and the caller's own will do."""
    return opened.under(purpose) if purpose in _purposes(opened) else opened
