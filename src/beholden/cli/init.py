"""beholden init: choose the profile of a deployment, or change it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from beholden.cli.options import DataDir, settings_with
from beholden.cli.session import Session, open_session
from beholden.domain.profile import Profile


def init(
    profile: Annotated[Profile | None, typer.Option(help="The profile to run under.")] = None,
    approve: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Approve what another person proposed.")
    ] = None,
    reject: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Strike a proposal off the list.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a deployment under a profile, or change that of one that exists.

    Leaving public-authority, and changing the terms of its purposes, takes two administrators of
    different names: what one proposes waits until another approves it. Without an option: show the
    proposals that wait. BEHOLDEN_CREDENTIALS names the file with the key to act with.
    """
    settings = settings_with(data_dir=data_dir)
    if not (settings.data_dir / "records.db").exists():
        made = settings_with(data_dir=data_dir, profile=profile)
        with open_session(made) as session:
            chosen = session.deployment.profile
        print(f"A new deployment, profile {chosen}, in {settings.data_dir}.")
        return
    with open_session(settings) as session:
        _change(session, profile, approve, reject)


def _change(
    session: Session, profile: Profile | None, approve: int | None, reject: int | None
) -> None:
    if approve is not None:
        made = session.call("beholden:Approve", {"Number": approve})
        print(json.dumps(made, indent=2))
        later = " It holds from the next start of the server on." if "Profile" in made else ""
        print(f"Approved.{later}")
    elif reject is not None:
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
