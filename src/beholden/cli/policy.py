"""beholden policy: what decides, and why."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from beholden.cli.options import DataDir, Json, settings_with
from beholden.cli.session import open_session
from beholden.cli.terminal import terminal
from beholden.gate.restrictions.threshold_floor import PARAMETERS

policy_app = typer.Typer(no_args_is_help=True)

# What each fact would have to become, in words, and the command that makes it so.
WORDS = {
    "purpose_declared": "the key's purpose is declared (beholden purposes add)",
    "purpose_complete": "its purpose has a basis or consent, and a retention term "
    "(beholden purposes edit --basis TEXT --retention-days N)",
    "purpose_ended": "its purpose has not ended (beholden purposes edit --reopen)",
    "report_current": "an accountability report younger than two years is on file "
    "(beholden purposes edit --report FILE)",
    "review": "two people review what is found (beholden purposes edit --review)",
    "authorized": "an authorization for this search is approved and in force "
    "(beholden authorizations request)",
    "gallery_bound": "the collection is bound to its purpose (beholden collections bind)",
    "consent_given": "the person has consented (beholden consents add)",
}


@policy_app.command("explain")
def explain(
    key: Annotated[str, typer.Option(help="The key's id, as `beholden keys list` shows it.")],
    operation: Annotated[str, typer.Option(help="For example SearchFacesByImage.")],
    collection: Annotated[str | None, typer.Option(help="The CollectionId of the call.")] = None,
    threshold: Annotated[float | None, typer.Option(help="The threshold of the call.")] = None,
    subject: Annotated[str | None, typer.Option(help="The ExternalImageId of the call.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Why a call would be allowed or refused at this moment, and what would change that."""
    call = {
        "CollectionId": collection,
        "ExternalImageId": subject,
        PARAMETERS.get(operation, ""): threshold,
    }
    given = {name: value for name, value in call.items() if name and value is not None}
    request = {"KeyId": key, "Operation": operation, "Request": given}
    with open_session(settings_with(data_dir=data_dir)) as session:
        why = session.call("beholden:ExplainPolicy", request)
    if as_json:
        print(json.dumps(why, indent=2))
        return
    for line in _told(why):
        terminal(soft_wrap=True, highlight=False).print(line)


def _told(why: dict[str, Any]) -> list[str]:
    lines = [
        f"{'Allowed' if why['Allowed'] else 'Refused'} under profile {why['Profile']}.",
        f"Because: {why['Reason']}",
        f"Decided by: {', '.join(why['Policies']) or 'no policy (what none permits is denied)'}",
        f"Asked: {_facts(why['Asked'])}",
    ]
    if why["Allowed"] and why["Granted"] != why["Asked"]:
        lines.append(f"Granted instead: {_facts(why['Granted'])}")
    lines.append(f"Known: {_facts(why['Facts'])}")
    if why["KeyDisabled"]:
        lines.append("But this key is disabled: nobody can sign with it.")
    return lines + _remedies(why)


def _remedies(why: dict[str, Any]) -> list[str]:
    would = why["WouldAllow"]
    if why["Allowed"]:
        return []
    if not would["Roles"]:
        return ["Nothing known here would allow this call as it is asked."]
    needs = [WORDS.get(name, f"{name} is {value}") for name, value in would["Facts"].items()]
    needs.append(f"the key has role {' or '.join(would['Roles'])}")
    return ["It would be allowed if:", *(f"  - {need}" for need in needs)]


def _facts(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in facts.items()) or "nothing more"
