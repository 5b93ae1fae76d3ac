"""beholden audit, for who is handed a proof, keeps a checkpoint, or tests a gallery by scores."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from beholden.cli.audit_folder import Key, Log, SignedWith, folder_of, plain_errors, verifier_of
from beholden.cli.options import DataDir, settings_with
from beholden.cli.session import open_session
from beholden.domain.errors import NoFaceInImage
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.proofs import check_consistency, check_inclusion, prove_consistency

BAR = 50


def check(
    proof: Annotated[Path, typer.Argument(exists=True, help="What `prove` printed.")],
    entry: Annotated[Path, typer.Option(exists=True, help="The entry's bytes.")],
    key: Annotated[str, typer.Option(help="The log's verifier key, name+id+key.")],
) -> None:
    """Check a proof that an entry is in a log: offline, with nothing but the log's key."""
    with plain_errors():
        verifier = Verifier.parse(key)
        covers = check_inclusion(entry.read_bytes(), proof.read_text(encoding="utf-8"), verifier)
    print(f"proved: it is one of the {covers.size} entries of {covers.origin}")


def consistency(
    checkpoint: Annotated[Path, typer.Argument(exists=True, help="A checkpoint saved earlier.")],
    log: Log = None,
    key: Key = None,
    credentials: SignedWith = None,
) -> None:
    """Check that a log extends a checkpoint, by its hashes alone, and print the proof (RFC 9162,
    section 2.1.4), one hash a line. No entry is read."""
    folder = folder_of(log, credentials)
    with plain_errors():
        verifier = verifier_of(folder, key)
        old = verifier.open(checkpoint.read_text(encoding="utf-8"))
        new, proof = prove_consistency(folder, verifier, old.size)
        check_consistency(old, new, proof)
    for node in proof:
        print(b64encode(node).decode())
    typer.echo(f"proved: the log of {new.size} entries extends that of {old.size}", err=True)


def gallery_scores(
    collection: Annotated[str, typer.Argument(help="The collection's id.")],
    images: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Photos.")],
    scores: Annotated[int, typer.Option(min=1, max=100, help="Highest scores per image.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: a list per image.")] = False,
    data_dir: DataDir = None,
) -> None:
    """How similar faces are to those of a collection: scores only, never a face or a name.

    Needs a key with role auditor. Every image is recorded, as a salted hash, under your name.
    """
    with open_session(settings_with(data_dir=data_dir)) as session:
        told: dict[str, list[int] | None] = {}
        for path in images:
            request = {"CollectionId": collection, "MaxScores": scores}
            request["Image"] = {"Bytes": path.read_bytes()}
            try:
                told[str(path)] = session.call("beholden:TestGallery", request)["Scores"]
            except NoFaceInImage:
                told[str(path)] = None
    if as_json:
        print(json.dumps(told, indent=2))
    else:
        _draw([found for found in told.values() if found is not None], len(told))


def _draw(found: list[list[int]], asked: int) -> None:
    """The highest score of each image with a face, as a histogram: a line per whole per cent."""
    highest = Counter(scores[0] for scores in found if scores)
    images = "1 image" if asked == 1 else f"{asked} images"
    print(f"{images}, {len(found)} with a face; the highest score of each:\n")
    most = max(highest.values(), default=1)
    for score in sorted(highest, reverse=True):
        count = highest[score]
        print(f"{score:4} %  {count:6}  {'#' * max(1, count * BAR // most)}")
