"""beholden audit: verify the log offline, read it, prove an entry."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from beholden.cli.audit_folder import Key, Log, SignedWith, folder_of, plain_errors, verifier_of
from beholden.cli.auditing import check, consistency, gallery_scores
from beholden.cli.options import DataDir, Json, settings_with
from beholden.cli.session import open_session
from beholden.cli.terminal import terminal
from beholden.domain.audit import RecordKind
from beholden.engines.audit.cosign import Witness
from beholden.engines.audit.proofs import check_inclusion, prove_inclusion
from beholden.engines.audit.reading import records
from beholden.engines.audit.verify import verify as verify_log

audit_app = typer.Typer(no_args_is_help=True)


audit_app.command()(check)
audit_app.command()(consistency)
audit_app.command("test")(gallery_scores)


@audit_app.command()
def verify(
    log: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR|URL",
            help="The log's folder, a copy, or where it is served. [default: this deployment's]",
        ),
    ] = None,
    key: Key = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(help="The key of a witness who must have cosigned. Repeatable."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint saved earlier. Repeatable.")
    ] = None,
    credentials: SignedWith = None,
    as_json: Json = False,
) -> None:
    """Check every entry, tile and signature. Exit status 1 if anything is wrong.

    A tail cut off together with its checkpoint, and a history rewritten with the log's own key,
    show only against a checkpoint saved elsewhere, or cosigned by a witness.
    """
    folder = folder_of(log, credentials)
    with plain_errors():
        saved = [path.read_text(encoding="utf-8") for path in checkpoint or ()]
        witnesses = [Witness.parse(line) for line in witness or ()]
        report = verify_log(folder, verifier_of(folder, key), saved, witnesses)
    size = report.checkpoint.size if report.checkpoint else 0
    if as_json:
        lines = {"entries": size, "faults": report.faults, "remarks": report.remarks}
        print(json.dumps({"sound": report.sound} | lines, indent=2))
    else:
        for fault in report.faults:
            print(f"FAULT   {fault}")
        for remark in report.remarks:
            print(f"remark  {remark}")
        print(f"{size} entries: {'sound' if report.sound else 'NOT SOUND'}")
    if not report.sound:
        raise typer.Exit(1)


@audit_app.command()
def show(
    log: Log = None,
    last: Annotated[int, typer.Option(min=1, help="How many of the newest to show.")] = 50,
    kind: Annotated[RecordKind | None, typer.Option(help="Records of this kind only.")] = None,
    principal: Annotated[str | None, typer.Option(help="Of this person or system only.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Under this purpose only.")] = None,
    action: Annotated[str | None, typer.Option(help="Of this operation only.")] = None,
    call: Annotated[str | None, typer.Option(help="Of this call only.")] = None,
    credentials: SignedWith = None,
    as_json: Json = False,
) -> None:
    """The newest records, oldest first."""
    wanted = {
        "kind": kind.value if kind else None,
        "principal": principal,
        "purpose": purpose,
        "action": action,
        "call": call,
    }
    asked = {name: value for name, value in wanted.items() if value is not None}
    folder = folder_of(log, credentials)
    with plain_errors():
        found = deque(
            (
                (index, record)
                for index, record in records(folder, verifier_of(folder, None))
                if all(record.get(name) == value for name, value in asked.items())
            ),
            maxlen=last,
        )
    if as_json:
        print(json.dumps([{"index": index} | record for index, record in found], indent=2))
    else:
        terminal().print(_table(found))


@audit_app.command()
def watch(data_dir: DataDir = None) -> None:
    """Look at what is new in the log for misuse, once: a running server does so by itself."""
    with open_session(settings_with(data_dir=data_dir)) as session:
        raised = session.deployment.oversight.watcher.run()
    print(f"{raised} new alerts: beholden alerts list")


@audit_app.command()
def prove(
    index: Annotated[int, typer.Argument(min=0, help="The entry's index, as `show` gives it.")],
    log: Log = None,
    entry: Annotated[
        Path | None, typer.Option(help="Write the entry's bytes here, to hand over with the proof.")
    ] = None,
    key: Key = None,
    credentials: SignedWith = None,
) -> None:
    """Print the proof that the log's checkpoint covers an entry (C2SP tlog-proof)."""
    folder = folder_of(log, credentials)
    with plain_errors():
        verifier = verifier_of(folder, key)
        data, proof = prove_inclusion(folder, verifier, index)
        check_inclusion(data, proof, verifier)
        if entry is not None:
            entry.write_bytes(data)
    print(proof, end="")


def _table(found: deque[tuple[int, Any]]) -> Table:
    table = Table("entry", "at", "kind", "who", "for", "did", "what", box=None, pad_edge=False)
    for index, record in found:
        table.add_row(
            str(index),
            record["at"][:19],
            record["kind"],
            f"{record['principal']} ({record['role']})",
            record["purpose"] + (f" / {record['case']}" if record["case"] else ""),
            f"{record['action']} {record['resource']}",
            _what(record["facts"]),
        )
    return table


def _what(facts: dict[str, Any]) -> str:
    """The facts that tell most: why it was refused, how it failed, how many candidates."""
    told = [str(facts[name]) for name in ("reason", "error") if name in facts]
    candidates = facts.get("candidates")
    if isinstance(candidates, list):
        told.append(f"{len(candidates)} candidates")
    elif isinstance(candidates, dict):  # on pages of their own, or committed to only
        told.append(f"{candidates['items']} candidates" if "items" in candidates else "a lead")
    return "; ".join(told)
