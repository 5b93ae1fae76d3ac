"""beholden init: choose the profile of a deployment, or change it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from beholden.cli.keys import show_key
from beholden.cli.options import DataDir, settings_with
from beholden.cli.session import Session, open_session
from beholden.domain.errors import OperatorError
from beholden.domain.profile import Profile


def init(
    profile: Annotated[Profile | None, typer.Option(help="The profile to run under.")] = None,
    approve: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Approve what another person proposed.")
    ] = None,
    reject: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Strike a proposal off the list.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where a key that is approved goes, mode 0600."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a deployment under a profile, or change that of one that exists.

    Leaving public-authority, changing the terms of its purposes, and making a key for somebody take
    two administrators of different names: what one proposes waits until another approves it.
    Without an option: show the proposals that wait. BEHOLDEN_CREDENTIALS names the file with the
    key to act with.
    """
    settings = settings_with(data_dir=data_dir)
    if not (settings.data_dir / "records.db").exists():
        made = settings_with(data_dir=data_dir, profile=profile)
        with open_session(made) as session:
            chosen = session.deployment.profile
        print(f"A new deployment, profile {chosen}, in {settings.data_dir}.")
        return
    if out is not None and out.exists():
        raise OperatorError(f"{out} exists already; name another file.")
    with open_session(settings) as session:
        if approve is not None:
            _approve(session, approve, out)
        else:
            _change(session, profile, reject)


def _approve(session: Session, number: int, out: Path | None) -> None:
    made = session.call("beholden:Approve", {"Number": number})
    if "Secret" in made:
        show_key(made, out)
        return
    print(json.dumps(made, indent=2))
    later = " It holds from the next start of the server on." if "Profile" in made else ""
    print(f"Approved.{later}")


def _change(session: Session, profile: Profile | None, reject: int | None) -> None:
    if reject is not None:
        print(json.dumps(session.call("beholden:Reject", {"Number": reject}), indent=2))
    elif profile is None:
        print(f"Profile: {session.deployment.profile}")
        print(json.dumps(session.call("beholden:ListProposals", {})["Proposals"], indent=2))
    else:
        _choose(session, profile)


def _choose(session: Session, profile: Profile) -> None:
    made = session.call("beholden:ChooseProfile", {"Profile": str(profile)})
    if "Proposal" in made:
        number = made["Proposal"]["Number"]
        print(f"Proposed. Another administrator: beholden init --approve {number}")
    else:
        print(f"Profile {profile}, from the next start of the server on (was {made['Was']}).")
