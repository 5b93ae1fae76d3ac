"""beholden video: a video file analysed, and a report of it as one page."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from jinja2 import Template
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from beholden import pages, private
from beholden.cli import _video_rows as rows
from beholden.cli._video_rows import Row
from beholden.cli._video_thumbs import Thumbnails
from beholden.cli.options import DataDir, settings_with
from beholden.cli.session import Session, open_session
from beholden.cli.terminal import terminal
from beholden.config import Settings
from beholden.domain.errors import OperatorError

Json = dict[str, Any]

video_app = typer.Typer(no_args_is_help=True)

BUCKET = "beholden-cli"
POLL_S = 0.5
MOST_SCENES = 60
SHOTS = {"SegmentTypes": ["SHOT", "TECHNICAL_CUE"]}


@dataclass(frozen=True, slots=True)
class Analysis:
    """One pair of operations: its name, what its Start is asked, and its Get, and the member that
    holds results."""

    name: str
    member: str
    start: Mapping[str, Any]
    get: Mapping[str, Any]


def analyses(collection: str | None, threshold: float) -> list[Analysis]:
    searched = {"CollectionId": collection, "FaceMatchThreshold": threshold}
    return [
        Analysis("FaceSearch", "Persons", searched, {})
        if collection
        else Analysis("FaceDetection", "Faces", {}, {}),
        Analysis("SegmentDetection", "Segments", SHOTS, {}),
        Analysis("TextDetection", "TextDetections", {}, {}),
        Analysis("LabelDetection", "Labels", {}, {"AggregateBy": "SEGMENTS"}),
    ]


@video_app.command()
def analyse(
    file: Annotated[Path, typer.Argument(help="The video.")],
    output: Annotated[
        Path | None, typer.Option(help="The page to write. [default: FILE.html]")
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="Search for the people of this collection.")
    ] = None,
    threshold: Annotated[float, typer.Option(min=0, max=100, help="Least similarity.")] = 80.0,
    data_dir: DataDir = None,
) -> None:
    """Tell who, what, which text and which shots a video shows, with a report as one HTML page.

    Faces that match nobody are blurred in it.
    """
    settings = settings_with(data_dir=data_dir)
    output = output or file.with_name(f"{file.name}.html")
    _check_output(output, file)
    wanted = analyses(collection, threshold)
    with open_session(settings) as session, _in_bucket(settings, file) as where:
        started = {a.name: _start(session, a, where) for a in wanted}
        session.deployment.jobs.start()  # with all of them there: one pass over the video
        _wait(session, started)
        found = {a.name: list(_results(session, a, started[a.name])) for a in wanted}
        first = session.call(f"Get{wanted[0].name}", {"JobId": started[wanted[0].name]})
    page = _page(file, first["VideoMetadata"], found, collection)
    private.write(output, page)
    print(output)


def _check_output(output: Path, file: Path) -> None:
    """What would be found out after hours of work. Raises OperatorError."""
    if output.exists() and file.exists() and output.samefile(file):
        raise OperatorError("--output would overwrite the video: name another file.")
    if not (output.parent.is_dir() and os.access(output.parent, os.W_OK)):
        raise OperatorError(
            f"{output} cannot be written: {output.parent} is no folder to write to."
        )


@contextmanager
def _in_bucket(settings: Settings, file: Path) -> Iterator[Json]:
    """The file as an object, for as long as it is worked on."""
    if settings.blobs_url is not None:
        raise OperatorError(
            "This deployment's buckets are elsewhere (BEHOLDEN_BLOBS_URL): put the video there and "
            "use StartLabelDetection and its like."
        )
    bucket = settings.data_dir / "buckets" / BUCKET
    name = uuid.uuid4().hex
    try:
        bucket.mkdir(mode=0o700, exist_ok=True)
        try:
            os.link(file.resolve(), bucket / name)
        except OSError:  # another disk
            shutil.copyfile(file, bucket / name)
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        yield {"S3Object": {"Bucket": BUCKET, "Name": name}}
    finally:
        (bucket / name).unlink(missing_ok=True)


def _start(session: Session, analysis: Analysis, where: Json) -> str:
    request = {"Video": where, "JobTag": "beholden-cli", **analysis.start}
    return str(session.call(f"Start{analysis.name}", request)["JobId"])


def _wait(session: Session, started: Mapping[str, str]) -> None:
    """Show how far the jobs are. Raises OperatorError if one fails."""
    console = terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%"))
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("Analysing", total=100.0 * len(started))
        while True:
            jobs = {
                n: session.call("beholden:DescribeJob", {"JobId": j}) for n, j in started.items()
            }
            for name, job in jobs.items():
                if job["Status"] == "FAILED":
                    raise OperatorError(f"{name}: {job['StatusMessage']}")
            bars.update(bar, completed=sum(job["PercentDone"] for job in jobs.values()))
            if all(job["Status"] == "SUCCEEDED" for job in jobs.values()):
                return
            time.sleep(POLL_S)  # a server beside this command may run the jobs, and rings no bell


def _results(session: Session, analysis: Analysis, job_id: str) -> Iterator[Json]:
    request = {"JobId": job_id, "MaxResults": 1000, **analysis.get}
    while True:
        page = session.call(f"Get{analysis.name}", request)
        yield from page[analysis.member]
        if "NextToken" not in page:
            return
        request["NextToken"] = page["NextToken"]


def _page(
    file: Path, metadata: Json, found: Mapping[str, list[Json]], collection: str | None
) -> str:
    from beholden.engines.frames.pyav import PyAvFrames  # noqa: PLC0415 (a driver)

    shown: list[Row] = [
        *(rows.who(found["FaceSearch"]) if collection else rows.faces(found["FaceDetection"])),
        *rows.segments(found["SegmentDetection"]),
        *rows.text(found["TextDetection"]),
        *rows.labels(found["LabelDetection"]),
    ]
    thumbs = Thumbnails(PyAvFrames(), file, _unknown(found))
    shots = next((row.spans for row in shown if row.kind == "shots"), ())
    scenes = [(start, end, thumbs.scene((start + end) // 2)) for start, end in shots[:MOST_SCENES]]
    portraits = {row.name: thumbs.face(*row.face) for row in shown if row.face is not None}
    return _template().render(
        name=os.fsencode(file.name).decode(errors="replace"),
        metadata=metadata,
        collection=collection,
        rows=shown,
        scenes=scenes,
        portraits=portraits,
        more_scenes=max(0, len(shots) - MOST_SCENES),
    )


def _unknown(found: Mapping[str, list[Json]]) -> dict[int, list[Json]]:
    """By media time, the boxes of faces that match nobody."""
    boxes: dict[int, list[Json]] = {}
    for one in found.get("FaceSearch", ()):
        if not one["FaceMatches"]:
            boxes.setdefault(one["Timestamp"], []).append(one["Person"]["BoundingBox"])
    for one in found.get("FaceDetection", ()):
        boxes.setdefault(one["Timestamp"], []).append(one["Face"]["BoundingBox"])
    return boxes


def _template() -> Template:
    return pages.environment("beholden.cli", clock=clock).get_template("video.html")


def clock(at_ms: int) -> str:
    """1:02:03.4 or 2:03.4."""
    minutes, ms = divmod(at_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{ms / 1000:04.1f}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"
