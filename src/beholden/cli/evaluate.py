"""beholden evaluate: error rates of this deployment, measured on your data."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from beholden.cli._evaluation import Wishes, Written, evaluate, files_of, latest
from beholden.cli.options import DataDir, Json, settings_with
from beholden.cli.session import open_session
from beholden.cli.terminal import terminal
from beholden.domain.errors import OperatorError
from beholden.evaluation.advice import Report, advise_from, in_words
from beholden.evaluation.observe import WhichFace
from beholden.evaluation.plans import Plan, kind_of, make_plan, plan_objects, plan_text
from beholden.evaluation.scale import DEFAULT_IN_USE_PCT

evaluate_app = typer.Typer(no_args_is_help=True)


class Kind(StrEnum):
    """Commands on lists of faces; `fairness` is any of the first three, by its groups."""

    VERIFICATION = "verification"
    IDENTIFICATION = "identification"
    ATTRIBUTES = "attributes"
    DETECTION = "detection"
    FAIRNESS = "fairness"


HELP = {
    Kind.VERIFICATION: "1:1. LIST is a CSV of pairs or of images, or LFW's pairs.txt.",
    Kind.IDENTIFICATION: "1:N. LIST is a CSV: image, subject, role (gallery or probe).",
    Kind.ATTRIBUTES: "Age, gender, smile and so on. LIST is a CSV: image, and a column for each.",
    Kind.DETECTION: "Boxes of faces. LIST is a COCO annotation file.",
    Kind.FAIRNESS: "Any of the first three by --group; its columns say which.",
}
PICTURE_HELP = {
    "objects": "Boxes and labels of objects. LIST is a COCO annotation file.",
    "text": "Words and characters. LIST has a line of JSON for each image.",
}
PLANS = {"objects": plan_objects, "text": plan_text}
# What a request shows that asks for nothing else.
SHOWN_PCT = {"objects": 55.0, "text": 50.0}
List = Annotated[Path, typer.Argument(metavar="LIST", help="The data list: see docs/evaluate.md.")]
Images = Annotated[
    Path | None,
    typer.Option("--images", metavar="DIR", help="Where its images are. [default: its folder]"),
]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="A column to group by. Repeatable: columns are crossed."),
]
Thresholds = Annotated[
    list[float] | None,
    typer.Option("--threshold", help="A similarity to state rates at, besides 80, 90, 95 and 99."),
]
InUse = Annotated[
    float, typer.Option(help="The similarity that this deployment decides at.", min=0, max=100)
]
Shown = Annotated[
    float,
    typer.Option("--min-confidence", help="State errors of what is this sure.", min=0, max=100),
]
Face = Annotated[
    WhichFace, typer.Option("--face", help="Whom the list means where an image shows several.")
]
Out = Annotated[
    Path | None,
    typer.Option(help="Write OUT.json and OUT.html. [default: the deployment's folder]"),
]
Pictures = Annotated[
    bool, typer.Option("--pictures/--no-pictures", help="Show the worst errors as pictures.")
]


def _command(kind: Kind) -> Callable[..., None]:
    def command(
        list_file: List,
        images: Images = None,
        group: Groups = None,
        threshold: Thresholds = None,
        in_use: InUse = DEFAULT_IN_USE_PCT,
        face: Face = WhichFace.LARGEST,
        out: Out = None,
        pictures: Pictures = True,
        data_dir: DataDir = None,
    ) -> None:
        groups, thresholds = tuple(group or ()), tuple(threshold or ())
        wishes = Wishes(in_use, thresholds, groups, face, pictures, _beside(list_file, out))
        _run(kind, list_file, images, wishes, data_dir)

    return command


def _picture_command(name: str) -> Callable[..., None]:
    def command(
        list_file: List,
        images: Images = None,
        group: Groups = None,
        min_confidence: Shown = SHOWN_PCT[name],
        out: Out = None,
        pictures: Pictures = True,
        data_dir: DataDir = None,
    ) -> None:
        groups, beside = tuple(group or ()), _beside(list_file, out)
        wishes = Wishes(None, (), groups, WhichFace.LARGEST, pictures, beside)
        plan = PLANS[name](list_file, images, wishes.groups, min_confidence / 100)
        _measure(plan, wishes, data_dir)

    return command


def _beside(list_file: Path, out: Path | None) -> Path | None:
    """`out`. Raises OperatorError if the report would take the list's place."""
    if out is not None and list_file.resolve() in {file.resolve() for file in files_of(out)}:
        raise OperatorError(f"{list_file} is the list itself: name another --out.")
    return out


for _kind, _help in HELP.items():
    evaluate_app.command(_kind.value, help=_help)(_command(_kind))
for _name, _help in PICTURE_HELP.items():
    evaluate_app.command(_name, help=_help)(_picture_command(_name))


def _run(
    kind: Kind, list_file: Path, images: Path | None, wishes: Wishes, data_dir: Path | None
) -> None:
    name = kind.value
    if kind is Kind.FAIRNESS:
        if not wishes.groups:
            raise OperatorError("Name the columns to group by: --group gender --group race.")
        name = kind_of(list_file)
    _measure(make_plan(name, list_file, images, wishes.groups), wishes, data_dir)


def _measure(plan: Plan, wishes: Wishes, data_dir: Path | None) -> None:
    settings, console = settings_with(data_dir=data_dir), terminal(stderr=True)
    with open_session(settings) as session:
        written = evaluate(session, settings, plan, wishes, console)
    _tell(written)


def _tell(written: Written) -> None:
    console = terminal(highlight=False, soft_wrap=True)
    for warning in written.findings.warnings():
        console.print(Text.assemble(("!", "yellow"), f" {warning}"))
    print(json.dumps(written.findings.to_json()["headline"], indent=1))
    console.print(f"{written.html_file}\n{written.json_file}")


@evaluate_app.command()
def advise(
    gallery_size: Annotated[int, typer.Option(help="How many people are enrolled.", min=1)],
    max_false_alarms: Annotated[
        float, typer.Option(help="The share of searches that may raise a false alarm.")
    ],
    report: Annotated[
        Path | None,
        typer.Option("--from", help="The JSON of an evaluation. [default: the newest here]"),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Which similarity to decide at, from the non-mated scores of an evaluation."""
    if not 0 < max_false_alarms < 1:
        raise OperatorError("--max-false-alarms is a share between 0 and 1, for example 1e-3.")
    advice = advise_from(_report(report, data_dir), gallery_size, max_false_alarms)
    print(advice.to_json() if as_json else in_words(advice))


def _report(path: Path | None, data_dir: Path | None) -> Report:
    if path is None:
        found = latest(settings_with(data_dir=data_dir))
        if found is None:
            raise OperatorError("There is no evaluation to advise from: run beholden evaluate.")
        return found
    try:
        read: Report = json.loads(path.read_text(encoding="utf-8"))
        return read
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path}: not the JSON of an evaluation: {error}") from error
